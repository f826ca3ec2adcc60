"""The office's view: three answers in, one sentence and four everyday steps out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from core.stages import Outcome
from gui.controllers.check import CheckController, State
from gui.engine import Engine, Job
from gui.models.everyday_steps import everyday_steps
from gui.models.presets import Catalogue
from gui.texts import state_name
from gui.widgets.announce import announce
from gui.widgets.basics import Button, Card, Choice, StatusSign, TextField, Tick, label, unit
from gui.widgets.copy_button import CopyButton
from gui.widgets.field import Field
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.look import look_of
from gui.widgets.password_field import PasswordField
from gui.widgets.scrolling import scroll_area

if TYPE_CHECKING:
    from core.everyday import Prepared, SimpleValues
    from core.reports.report import Report


class StepRow(QWidget):
    """A sign with a sentence."""

    def __init__(self, text: str = "", state: str = "idle") -> None:
        super().__init__()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(round(unit(self) * 1.5))
        self.sign = StatusSign(state, scale=1.5)
        layout.addWidget(self.sign, 0, Qt.AlignmentFlag.AlignTop)
        self.words = label(text, wrap=True)
        self.words.setMinimumHeight(self.sign.sizeHint().height())
        layout.addWidget(self.words, 1)
        self.show_step(state, text)

    def show_step(self, state: str, text: str, phase: float = 0.0) -> None:
        """Show a state and its words."""
        self.sign.set_status(state, phase)
        self.words.setText(text)
        self.words.setAccessibleName(f"{state_name(state)}: {text}")
        self.words.set_colour("text" if state not in {"idle", "not-reached", "skipped"} else "muted")
        font = self.words.font()
        if font.bold() is not (state == "failed"):
            font.setBold(state == "failed")
            self.words.setFont(font)


class SimplePage(QWidget):
    """Asks little, works out the rest, and shows the result without protocol words."""

    technician_wanted = Signal()
    save_wanted = Signal()
    sheet_wanted = Signal()
    find_wanted = Signal(object)
    """Which settings work is to be found out, for these SimpleValues."""
    practice_ended = Signal()
    preparing = Signal(bool)
    """The everyday questions are being settled, before there is a check; or no longer."""
    prepared = Signal(object, object)
    """The way of sending is worked out: the form's values and the CheckRequest."""

    def __init__(self, controller: CheckController, engine: Engine, summary: Callable[[], str]) -> None:
        super().__init__()
        self.controller = controller
        self._engine = engine
        self._summary = summary
        self._catalogue = Catalogue()
        self._practice: Any = None
        self._job: Job | None = None
        self._attempted = False
        self._touched: set[str] = set()
        self._phase = 0.0
        self._recipient = ""
        self._signs_in = False
        self._build()
        self._timer = QTimer(self)
        self._timer.setInterval(60)
        self._timer.timeout.connect(self._turn)
        controller.state_changed.connect(self._state_changed)
        controller.stages.dataChanged.connect(self._show_steps)
        controller.stages.modelReset.connect(self._show_steps)
        controller.finished.connect(self._finished)
        controller.failed_to_run.connect(self._could_not_run)

    # Building

    def _build(self) -> None:
        base = unit(self)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        ground = QWidget()
        row = QHBoxLayout(ground)
        row.setContentsMargins(base * 2, base * 3, base * 2, base * 3)
        row.addStretch(1)
        self._column = QWidget()
        column = QVBoxLayout(self._column)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(round(base * 1.8))
        row.addWidget(self._column, 100)
        row.addStretch(1)
        self._column.setMaximumWidth(self.fontMetrics().averageCharWidth() * 118)
        self._scroll = scroll_area(ground, self.tr("Questions and result"))
        outer.addWidget(self._scroll)

        column.addLayout(self._heading())
        column.addWidget(self._practice_note())
        column.addWidget(self._form_card())
        self._answers = Card()
        answers = QVBoxLayout(self._answers)
        answers.setContentsMargins(base * 2, base * 2, base * 2, base * 2)
        answers.setSpacing(base)
        self._answers_layout = answers
        self._answers.hide()
        column.addWidget(self._result_card())
        column.addWidget(self._answers)
        column.addWidget(self._steps_card())
        column.addStretch(1)

    def _heading(self) -> QHBoxLayout:
        top = QHBoxLayout()
        words = QVBoxLayout()
        words.setSpacing(unit(self) // 2)
        words.addWidget(label(self.tr("Why can’t the copier send e-mail?"), bold=True, scale=1.5, wrap=True))
        promise = self.tr("Nothing is changed on your copier, and no message is sent unless you ask for it.")
        words.addWidget(label(promise, muted=True, wrap=True))
        top.addLayout(words, 1)
        technician = Button(self.tr("Technician view"), sign="tools")
        technician.setToolTip(self.tr("All settings, every stage and the whole conversation (Ctrl+2)"))
        technician.clicked.connect(self.technician_wanted)
        top.addWidget(technician, 0, Qt.AlignmentFlag.AlignTop)
        return top

    def _practice_note(self) -> QWidget:
        self._practice_card = Card()
        self._practice_card.set_bar("running")
        layout = QHBoxLayout(self._practice_card)
        base = unit(self)
        layout.setContentsMargins(base * 2, base, base * 2, base)
        self._practice_words = label(wrap=True)
        layout.addWidget(self._practice_words, 1)
        end = Button(self.tr("End practice"))
        end.clicked.connect(self.practice_ended)
        layout.addWidget(end)
        self._practice_card.hide()
        return self._practice_card

    def _form_card(self) -> QWidget:
        base = unit(self)
        card = Card()
        grid = QGridLayout(card)
        grid.setContentsMargins(base * 2, base * 2, base * 2, base * 2)
        grid.setHorizontalSpacing(base * 2)
        grid.setVerticalSpacing(round(base * 1.6))
        title = self.tr("The e-mail address the copier sends from")
        self.sender_field = TextField(title, placeholder="scanner@contoso.com")
        self.recipient_field = TextField(self.tr("Where should the scan arrive?"), placeholder="maria@contoso.com")
        self._sender = Field(title, self.sender_field)
        self._recipient_field = Field(self.tr("Where should the scan arrive?"), self.recipient_field)
        self.make = Choice(self.tr("Copier make"))
        self.make.addItem(self.tr("Another make, or not known"), "")
        self.network = Choice(self.tr("Is this computer in the same network as the copier?"))
        for value, words in (
            ("unknown", self.tr("I don’t know")),
            ("same", self.tr("Yes, in the same office network")),
            ("other", self.tr("No: at home, by VPN or by mobile phone")),
        ):
            self.network.addItem(words, value)
        grid.addWidget(self._sender, 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self._recipient_field, 0, 1, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(Field(self.tr("Copier make"), self.make), 1, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(
            Field(self.tr("Is this computer in the same network as the copier?"), self.network),
            1,
            1,
            Qt.AlignmentFlag.AlignTop,
        )
        self.signs_in = Tick(
            self.tr("The copier signs in with a password (not sure? leave this empty)"),
            description=self.tr("Opens the field for the password."),
        )
        self.signs_in.toggled.connect(self._sign_in_toggled)
        grid.addWidget(self.signs_in, 2, 0, 1, 2)
        grid.addWidget(self._sign_in_box(), 3, 0, 1, 2)
        self.send = Tick(
            self.tr("Really send a test message to that address"),
            description=self.tr("Otherwise nothing is sent."),
        )
        grid.addWidget(self.send, 4, 0, Qt.AlignmentFlag.AlignVCenter)
        self.run_button = Button(self.tr("Check now"), primary=True, sign="play", key="F5")
        self.run_button.clicked.connect(self._button)
        grid.addWidget(self.run_button, 4, 1)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        grid.setColumnMinimumWidth(0, 10)
        grid.setColumnMinimumWidth(1, 10)
        for name, field in (("sender", self.sender_field), ("recipient", self.recipient_field)):
            field.left.connect(lambda name=name: self._left(name))
            field.textEdited.connect(lambda _text: self._validate())
            field.returnPressed.connect(self.run)
        return card

    def _sign_in_box(self) -> QWidget:
        base = unit(self)
        self._box = QWidget()
        box = QGridLayout(self._box)
        box.setContentsMargins(0, 0, 0, 0)
        box.setHorizontalSpacing(base * 2)
        box.setVerticalSpacing(base)
        self._why = label(wrap=True, bold=True)
        self._why.hide()
        box.addWidget(self._why, 0, 0, 1, 2)
        self.password = PasswordField(self.tr("The copier’s e-mail password"))
        self._password = Field(self.tr("The copier’s e-mail password"), self.password)
        self.password.returnPressed.connect(self.run)
        self.server = TextField(
            self.tr("Mail server (as set in the copier; only if known)"), placeholder="smtp.contoso.com"
        )
        self._server = Field(self.tr("Mail server (as set in the copier; only if known)"), self.server)
        self.server.returnPressed.connect(self.run)
        box.addWidget(self._password, 1, 0, Qt.AlignmentFlag.AlignTop)
        box.addWidget(self._server, 1, 1, Qt.AlignmentFlag.AlignTop)
        promise = self.tr(
            "Why a password? Many mail servers say whether they take the copier’s mail only after it has signed in. "
            "What happens to it: it goes to that mail server only, over an encrypted connection, is kept in memory "
            "until you close this window, and is never written anywhere."
        )
        box.addWidget(label(promise, wrap=True, muted=True, scale=0.94), 2, 0, 1, 2)
        box.setColumnStretch(0, 1)
        box.setColumnStretch(1, 1)
        self._box.hide()
        return self._box

    def _result_card(self) -> QWidget:
        base = unit(self)
        self._result = Card()
        layout = QVBoxLayout(self._result)
        layout.setContentsMargins(round(base * 2.8), base * 2, base * 2, base * 2)
        layout.setSpacing(base)
        top = QHBoxLayout()
        top.setSpacing(base)
        self._result_sign = StatusSign("idle", scale=1.7)
        top.addWidget(self._result_sign, 0, Qt.AlignmentFlag.AlignTop)
        self.title = label(bold=True, scale=1.35, wrap=True).selectable()
        top.addWidget(self.title, 1)
        layout.addLayout(top)
        self.sentence = label(wrap=True, scale=1.06).selectable()
        layout.addWidget(self.sentence)
        self.also = label(wrap=True).selectable()
        layout.addWidget(self.also)
        self.owner = label(wrap=True, muted=True)
        layout.addWidget(self.owner)
        buttons = QWidget()
        flow = FlowLayout(buttons, gap=base)
        self.copy_summary = CopyButton(self.tr("Copy a summary for IT support"), self._summary, primary=True)
        flow.addWidget(self.copy_summary)
        save = Button(self.tr("Share or save…"), sign="save")
        save.setToolTip(self.tr("Save, copy or print a summary of one page (Ctrl+S)"))
        save.clicked.connect(self.save_wanted)
        flow.addWidget(save)
        self.sheet_button = Button(self.tr("Show the settings sheet"), sign="sheet")
        self.sheet_button.setToolTip(self.tr("What to type into the copier, and what the mail administrator does"))
        self.sheet_button.clicked.connect(self.sheet_wanted)
        flow.addWidget(self.sheet_button)
        self.find_button = Button(self.tr("Find settings that work…"), sign="search")
        self.find_button.setToolTip(self.tr("Opens the page that tries the ways of sending and recommends one"))
        self.find_button.clicked.connect(lambda: self.find_wanted.emit(self.values()))
        flow.addWidget(self.find_button)
        details = Button(self.tr("Show every step"))
        details.setToolTip(self.tr("Opens the technician view with the whole conversation (Ctrl+2)"))
        details.clicked.connect(self.technician_wanted)
        flow.addWidget(details)
        self._buttons = buttons
        layout.addWidget(buttons)
        self._result.setAccessibleName(self.tr("Result"))
        self._result.hide()
        return self._result

    def _steps_card(self) -> QWidget:
        base = unit(self)
        card = Card()
        layout = QVBoxLayout(card)
        layout.setContentsMargins(base * 2, base * 2, base * 2, base * 2)
        layout.setSpacing(round(base * 1.5))
        self.steps = [StepRow() for _number in range(4)]
        for step in self.steps:
            layout.addWidget(step)
        self._show_steps()
        return card

    # Values

    def take_focus(self) -> None:
        """Put the keyboard on the first field, if it is empty."""
        if not self.sender_field.text():
            self.sender_field.setFocus()

    def values(self) -> SimpleValues:
        """Return what is typed."""
        from core.everyday import SimpleValues

        return SimpleValues(
            sender=self.sender_field.text(),
            recipient=self.recipient_field.text(),
            device=self.make.currentData() or "",
            network=self.network.currentData(),
            signs_in=self.signs_in.isChecked(),
            password=self.password.secret(),
            server=self.server.text() if self.signs_in.isChecked() else "",
            send=self.send.isChecked(),
        )

    def stored(self) -> dict[str, Any]:
        """Return what may be written to the settings: no password."""
        return {
            "sender": self.sender_field.text(),
            "recipient": self.recipient_field.text(),
            "make": self.make.currentData() or self._wanted_make,
            "network": self.network.currentData(),
            "signs_in": self.signs_in.isChecked(),
            "server": self.server.text(),
        }

    _wanted_make = ""

    def restore(self, stored: dict[str, Any]) -> None:
        """Show what `stored` returned earlier."""
        for name, field in (
            ("sender", self.sender_field),
            ("recipient", self.recipient_field),
            ("server", self.server),
        ):
            value = stored.get(name)
            field.setText(value if isinstance(value, str) else "")
        make = stored.get("make")
        self._wanted_make = make if isinstance(make, str) else ""
        self._choose_make()
        self.network.setCurrentIndex(max(0, self.network.findData(stored.get("network"))))
        self.signs_in.setChecked(stored.get("signs_in") is True)
        self._why.hide()

    def _choose_make(self) -> None:
        index = self.make.findData(self._wanted_make)
        if index >= 0:
            self.make.setCurrentIndex(index)

    def set_catalogue(self, catalogue: Catalogue) -> None:
        """Offer the known devices."""
        self._catalogue = catalogue
        chosen = self.make.currentData()
        while self.make.count() > 1:
            self.make.removeItem(1)
        for device in catalogue.devices:
            self.make.addItem(device.title, device.id)
            self.make.setItemData(self.make.count() - 1, device.models, Qt.ItemDataRole.ToolTipRole)
        self._wanted_make = chosen or self._wanted_make
        self._choose_make()

    def set_practice(self, scenario: Any) -> None:
        """Show that the next checks go to a practice server, or with None that they no longer do."""
        self._practice = scenario
        self._practice_card.setVisible(scenario is not None)
        if scenario is None:
            self.password.wipe()
            return
        words = self.tr("Practice: {title}. Everything stays on this computer.")
        self._practice_words.setText(words.format(title=scenario.title))
        form = scenario.form()
        self.sender_field.setText(form.sender)
        self.recipient_field.setText(form.recipients[0] if form.recipients else "")
        self.signs_in.setChecked(bool(form.user))
        self.password.setText(form.password.reveal() if form.password else "")
        self.send.setChecked(form.send)

    def wipe(self) -> None:
        """Forget the password."""
        self.password.wipe()

    # Problems

    def _left(self, name: str) -> None:
        field = self.sender_field if name == "sender" else self.recipient_field
        if field.text():
            self._touched.add(name)
            self._validate()

    def _validate(self) -> bool:
        from core.everyday import problem_of

        right = True
        for name, control, field in (
            ("sender", self.sender_field, self._sender),
            ("recipient", self.recipient_field, self._recipient_field),
        ):
            problem = problem_of(control.text())
            right = right and not problem
            due = self._attempted or (name in self._touched and bool(control.text()))
            field.show_problem(problem if due else "")
        return right

    def _sign_in_toggled(self, on: bool) -> None:
        self._box.setVisible(on)
        if not on:
            self._why.hide()
            self._password.show_problem("")
            self._server.show_problem("")

    # Running

    def _button(self) -> None:
        if self._job is not None or self.controller.busy:
            if not self.cancel():
                self.controller.cancel()
        else:
            self.run()

    def run(self) -> None:
        """Settle the everyday questions, then check."""
        if self._job is not None or self.controller.busy:
            return
        self._attempted = True
        if not self._validate():
            first = self.sender_field if self._sender.hint.text() else self.recipient_field
            first.setFocus()
            return
        self._attempted = False
        self._why.hide()
        self._password.show_problem("")
        self._server.show_problem("")
        values = self.values()
        self._recipient, self._signs_in = values.recipient.strip(), values.signs_in
        if self._practice is not None:
            self._run_practice(values)
            return
        limits = self._catalogue.limits

        async def work(_job: Job) -> Prepared:
            from core.everyday import prepare
            from core.knowledge.load import load_knowledge

            return await prepare(values, load_knowledge(), limits)

        self._result.hide()
        self._show_answers(None)
        self._job = self._engine.submit(work, done=self._take_prepared, failed=self._preparing_failed)
        self._show_busy()
        self.preparing.emit(True)

    def _run_practice(self, values: SimpleValues) -> None:
        from dataclasses import replace

        from core.request import parse

        form = replace(
            self._practice.form(),
            sender=values.sender,
            recipients=(values.recipient,),
            user=(self._practice.form().user or values.sender) if values.signs_in else "",
            password=values.password if values.signs_in else None,
            mechanism="auto",
            token=None,
            send=values.send,
        )
        parsed = parse(form)
        if parsed.request is None:
            self._ask_for("password", parsed.errors[0].text)
            return
        self._show_answers(None)
        self.prepared.emit(form, parsed.request)

    def _take_prepared(self, prepared: Prepared) -> None:
        self._job = None
        self.preparing.emit(False)
        self._show_answers(prepared)
        if prepared.missing:
            self._show_idle()
            self._ask_for(prepared.missing, prepared.reason)
            return
        if prepared.parsed is None or prepared.parsed.request is None:
            self._show_idle()
            self._show_no_check(prepared)
            return
        self.prepared.emit(prepared.values, prepared.parsed.request)

    def _preparing_failed(self, error: BaseException) -> None:
        self._job = None
        self.preparing.emit(False)
        self._show_idle()
        if isinstance(error, Exception):
            self._engine.crashed.emit(error)

    def _ask_for(self, missing: str, reason: str) -> None:
        self.signs_in.setChecked(True)
        self._why.setText(reason)
        self._why.show()
        field, control = (self._server, self.server) if missing == "server" else (self._password, self.password)
        field.show_problem(self.tr("This is needed to go on."), "hint")
        control.setFocus()
        announce(self, reason)

    def _show_no_check(self, prepared: Prepared) -> None:
        """Say which everyday question stands in the way."""
        blocking = [answer for answer in prepared.answers if answer.status == "failed"]
        blocking = blocking or [answer for answer in prepared.answers if answer.id == "online"]
        problems = prepared.parsed.errors if prepared.parsed is not None else ()
        sentence = problems[0].text if problems else blocking[0].text if blocking else ""
        self._show_result("failed", "failed", self.tr("The check can’t begin yet"), sentence, "")
        self._buttons.hide()

    def cancel(self) -> bool:
        """End the questions; return whether they were being settled."""
        if self._job is None:
            return False
        self._job.cancel()
        return True

    def _state_changed(self) -> None:
        if self.controller.state is State.RUNNING:
            self._result.hide()
            self._show_busy()
        elif self.controller.state is State.CANCELLING:
            self.run_button.set_look(self.tr("Ending …"), primary=False, sign="stop")
        else:
            self._show_idle()

    def _show_busy(self) -> None:
        self.run_button.set_look(self.tr("Cancel"), primary=False, sign="stop", key="Esc")
        self._timer.start()

    def _show_idle(self) -> None:
        again = self.tr("Check again") if self.controller.report is not None else self.tr("Check now")
        self.run_button.set_look(again, primary=True, sign="play", key="F5")
        self._timer.stop()
        self._show_steps()

    def _turn(self) -> None:
        from gui.theme import theme

        if theme.moves():
            self._phase = (self._phase + 0.055) % 1.0
            self._show_steps()

    # Results

    def sync(self) -> None:
        """Show what the controller holds, for a page that is made when a check has run already."""
        self._state_changed()
        if self.controller.report is not None:
            self._finished(self.controller.report)

    def _show_steps(self) -> None:
        for row, step in zip(
            self.steps,
            everyday_steps(self.controller.stages, self._recipient, signs_in=self._signs_in),
            strict=True,
        ):
            row.show_step(step.state, step.text, self._phase if step.state == "running" else 0.0)

    def _show_answers(self, prepared: Prepared | None) -> None:
        while (item := self._answers_layout.takeAt(0)) is not None:
            if item.widget() is not None:
                item.widget().deleteLater()
        if prepared is None:
            self._answers.hide()
            return
        self._answers_layout.addWidget(label(self.tr("Looked at before"), bold=True, muted=True))
        for answer in prepared.answers:
            self._answers_layout.addWidget(StepRow(answer.text, answer.status))
        if prepared.way:
            self._answers_layout.addWidget(label(prepared.way, muted=True, wrap=True))
        self._answers.show()

    def _show_result(self, sign: str, colour: str, title: str, sentence: str, owner: str, also: str = "") -> None:
        self._result.set_bar(colour)
        self._result_sign.set_status(sign)
        self.title.setText(title)
        self.title.set_colour(colour if colour != "muted" else "text")
        self.sentence.setText(sentence)
        self.also.setText(also)
        self.also.setVisible(bool(also))
        self.owner.setText(owner)
        self.owner.setVisible(bool(owner))
        self._buttons.show()
        self._result.show()

    def _bring_result_into_sight(self) -> None:
        """Scroll on a small screen, so that the result does not stay below its edge; the top of it comes first."""
        if (layout := self._column.layout()) is not None:
            layout.activate()
        top, room = self._result.y(), self._scroll.viewport().height()
        if self._result.isVisible() and top + min(self._result.height(), room) > room:
            self._scroll.ensureWidgetVisible(self._result, 0, unit(self))

    _sheet_offered = False

    def offer_sheet(self, offered: bool) -> None:
        """Lead on to the settings sheet if there is one for the result; else to the search for settings that work."""
        self._sheet_offered = offered
        report = self.controller.report
        stopped = report is not None and report.outcome is Outcome.STOPPED and report.request.practice is None
        self.sheet_button.setVisible(offered)
        self.find_button.setVisible(stopped and not offered)

    def _could_not_run(self, text: str) -> None:
        self._show_result("skipped", "muted", self.tr("No result"), text, "")
        self._buttons.hide()

    def _finished(self, report: Report) -> None:
        sign, colour = look_of(report)
        self._recipient = ", ".join(report.request.to)
        self._signs_in = report.request.user is not None
        diagnosis = report.diagnosis
        owner = ""
        if diagnosis.owner and diagnosis.owner != "–" and report.outcome is not Outcome.ACCEPTED:
            owner = self.tr("Who can change this: {owner}").format(owner=diagnosis.owner)
        also = "\n".join(
            f"{finding.title}: {finding.text}" for finding in report.findings if finding.severity != "info"
        )
        self._show_result(sign, colour, diagnosis.title, diagnosis.summary, owner, also)
        self.offer_sheet(self._sheet_offered)
        self._show_idle()
        QTimer.singleShot(0, self, self._bring_result_into_sight)
        if self.isVisible():
            announce(self._result, f"{diagnosis.title}. {diagnosis.summary}")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Nothing of its own; the column follows."""
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Keep the column as wide as its font asks for."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "_column"):
            self._column.setMaximumWidth(self.fontMetrics().averageCharWidth() * 118)
