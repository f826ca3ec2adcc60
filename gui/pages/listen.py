"""Listen to the device: Sendproof is its mail server for a moment, shows what it does, and what the service would say.

It listens only while the page is shown: another page, the simple view or the window's end stop it; what was seen stays.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QHideEvent

from core.stages import Stage
from gui.controllers.listen import ListenController, ListenState
from gui.engine import Engine, Job
from gui.pages.listen_layout import ListenLayout
from gui.widgets.announce import announce
from gui.widgets.listen_banner import best_place

if TYPE_CHECKING:
    from core.listening.observation import ListenDocument, ListeningStarted, ListenProblem, TurnedAway
    from core.request import FieldProblem, FormValues
    from core.secret import Secret
    from gui.models.presets import Catalogue
    from gui.models.sessions import SessionRow
    from gui.store import Store

REFRESH_MS = 120
"""So often what is shown of a running session is written anew, at most."""

_STAGES = {
    "encryption": (Stage.TLS, ("note", "client")),
    "sign-in": (Stage.AUTH, ("client",)),
    "sender": (Stage.MAIL_FROM, ("client",)),
    "message": (Stage.MESSAGE, ("client", "note")),
}
"""In which stage's lines a finding's topic is marked in the transcript, and whose lines."""


class ListenPage(ListenLayout):
    """Wires setup, controller, sessions, facts, findings and transcript together."""

    replay_wanted = Signal(object)
    """Carries the FormValues of a check that does as the copier did."""

    def __init__(self, engine: Engine, store: Store) -> None:
        super().__init__()
        self._engine = engine
        self._store = store
        self._shown = 0
        self._left = False
        self._kept_words = ""
        self.controller = ListenController(engine, self)
        self._lay_out(self.controller.sessions)
        self._refresh = QTimer(self)
        self._refresh.setSingleShot(True)
        self._refresh.setInterval(REFRESH_MS)
        self._refresh.timeout.connect(self._show_session)
        self._connect()
        self.setup.restore(store.record("listen"))

    def _connect(self) -> None:
        self.side.currentIndexChanged.connect(self._show_lines)
        self.replay_button.clicked.connect(self.replay)
        self.save_button.clicked.connect(self.save)
        self.ticket_button.clicked.connect(self.copy_ticket)
        self.setup.start_wanted.connect(self.run)
        self.setup.back_wanted.connect(lambda: self._stack.setCurrentWidget(self._board))
        self.banner.stop_wanted.connect(self.cancel)
        self.banner.start_wanted.connect(self.run)
        self.banner.change_wanted.connect(self.change_settings)
        self.sessions.chosen.connect(self._chosen)
        self.service.currentIndexChanged.connect(self._service_chosen)
        self.setup.service_changed.connect(self._setup_service_changed)
        controller = self.controller
        controller.state_changed.connect(self._state_changed)
        controller.unfit.connect(self._unfit)
        controller.started.connect(self._started)
        controller.cannot_listen.connect(self._cannot_listen)
        controller.advice.connect(self._advice)
        controller.session_began.connect(self._session_began)
        controller.session_changed.connect(self._session_changed)
        controller.line_added.connect(self._line_added)
        controller.turned_away.connect(self._turned_away)
        controller.stopped.connect(self._stopped)
        controller.kept.connect(self._kept)

    def set_catalogue(self, catalogue: Catalogue) -> None:
        """Offer these services and devices."""
        self.setup.set_catalogue(catalogue)
        self.service.blockSignals(True)
        self.service.clear()
        for number in range(self.setup.service.count()):
            self.service.addItem(self.setup.service.itemText(number), self.setup.service.itemData(number))
        self.service.setCurrentIndex(self.setup.service.currentIndex())
        self.service.blockSignals(False)
        self._title_findings()

    # What the window asks for

    @property
    def run_words(self) -> str:
        """F5 listens."""
        return self.tr("&Start listening")

    @property
    def busy(self) -> bool:
        """Whether it listens."""
        return self.controller.busy

    @property
    def can_save(self) -> bool:
        """Whether there are sessions."""
        return self.controller.sessions.rowCount() > 0

    def run(self) -> None:
        """Listen with what is set up."""
        if self.busy:
            return
        self._left = False
        self._kept_words = ""
        self.setup.show_problems(())
        self.setup.show_port_problems(())
        self.controller.start(self.setup.form())

    def cancel(self) -> None:
        """Stop listening; what was seen stays."""
        self.controller.stop()

    def abort(self) -> None:
        """Stop at once."""
        self.controller.abort()

    def take_focus(self) -> None:
        """Put the keyboard on the port, on Stop, or on the sessions."""
        if self._stack.currentWidget() is self.setup:
            self.setup.take_focus()
        elif self.can_save:
            self.sessions.setFocus()
        else:
            self.banner.stop_button.setFocus()

    def keep(self) -> None:
        """Keep port, service and device; no password, no consent."""
        self._store.put("listen", self.setup.stored())

    def wipe(self) -> None:
        """Forget the password."""
        self.setup.wipe()

    def open_find(self) -> bool:
        """Search the conversation that is shown. Never leaves the page: that would stop listening."""
        if self.can_save and self._stack.currentWidget() is self._board:
            self.transcript.open_find()
        return True

    def find_next(self, step: int) -> bool:
        """Go to the next or the previous match."""
        if self.can_save and self._stack.currentWidget() is self._board:
            self.transcript.find_next(step)
        return True

    def copy_transcript(self) -> bool:
        """Copy the conversation that is shown."""
        if self.can_save:
            self.transcript.copy_all()
        return True

    def secrets(self) -> list[Secret]:
        """The password that is typed, for taking it out of error reports."""
        typed = self.setup.password.secret()
        return [typed] if typed else []

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop when another page is shown; a window that is made small goes on."""
        super().hideEvent(event)
        if not event.spontaneous() and self.busy and self.controller.state is not ListenState.STOPPING:
            self._left = True
            self.controller.stop()

    def change_settings(self) -> None:
        """Show the form again."""
        if not self.busy:
            self.setup.back_button.setVisible(self.can_save)
            self._stack.setCurrentWidget(self.setup)
            self.setup.take_focus()

    # Listening

    def _state_changed(self) -> None:
        state = self.controller.state
        self.setup.start_button.setEnabled(state is ListenState.IDLE)
        if state is ListenState.STARTING and self._stack.currentWidget() is self._board:
            self.banner.show_starting()
        elif state is ListenState.STOPPING:
            self.banner.show_stopping()
        self.state_changed.emit()

    def _unfit(self, problems: tuple[FieldProblem, ...]) -> None:
        self._stack.setCurrentWidget(self.setup)
        self.setup.show_problems(problems)

    def _cannot_listen(self, problems: tuple[ListenProblem, ...]) -> None:
        self._stack.setCurrentWidget(self.setup)
        self.setup.show_port_problems(problems)
        self.setup.take_focus()
        announce(self.setup, self.setup.problem("ports"))

    def _started(self, event: ListeningStarted) -> None:
        self._shown = 0
        self._say("")
        self._choose_service(self.controller.service or "")
        self.advice.show_problem("\n".join(f"{p.title}. {p.text}" for p in event.problems), "hint")
        self.steps.show_steps(best_place(event.places), self.controller.device)
        self._stack.setCurrentWidget(self._board)
        self._show_banner()
        self._show_session()
        self._arrange()
        announce(self.banner, self.banner.title.text())

    def _show_banner(self) -> None:
        if self.controller.state is not ListenState.LISTENING or not self.controller.places:
            return
        form = self.setup.form()
        relay = ""
        if form.relay:
            relay = self.tr("{server}, port {port},").format(server=form.relay_server.strip(), port=form.relay_port)
        self.banner.show_listening(self.controller.places, self.controller.sessions.rowCount(), relay)

    def _arrange(self) -> None:
        """Show the steps while nothing has come, else the sessions and what belongs to them."""
        some = self.can_save
        self._sessions_card.setVisible(some)
        self._results.setVisible(some)
        self._steps_card.setVisible(not some)
        self._buttons.setVisible(some)

    def _advice(self, problem: ListenProblem) -> None:
        if self.can_save:
            return
        self.steps.show_problem(problem)
        announce(self.steps, f"{problem.title}. {problem.text}")

    def _turned_away(self, event: TurnedAway) -> None:
        reasons = {
            "public-address": self.tr("it is not of the local network"),
            "too-many": self.tr("too many connections"),
            "too-many-of-peer": self.tr("too many connections of one device"),
            "full": self.tr("listening has ended"),
        }
        why = reasons.get(event.why, event.why)
        words = self.tr("Turned away: {address} ({why}), {count} times so far.")
        self.advice.show_problem(words.format(address=event.address, why=why, count=event.count), "hint")

    def _stopped(self, document: ListenDocument) -> None:
        self.advice.show_problem("")
        self.setup.take_consent_back()
        self.banner.show_stopped(document, left=self._left, after=self._kept_words)
        if self._stack.currentWidget() is self._board and not document.sessions:
            self.setup.back_button.hide()
            self._stack.setCurrentWidget(self.setup)
        self._show_session()
        self._arrange()
        self.state_changed.emit()

    def _kept(self, problem: str) -> None:
        if not self.can_save:
            return
        self._kept_words = (
            self.tr("This run is not in the history: {problem}").format(problem=problem)
            if problem
            else self.tr("Restore the copier’s old settings when you are done.")
        )

    # Sessions

    def _session_began(self, number: int) -> None:
        first = self.controller.sessions.rowCount() == 1
        newest = self.controller.sessions.rowCount() >= 2 and self._shown == self._before_last()
        if first or newest or not self._shown:
            self.sessions.choose(number)
        self._arrange()
        self._show_banner()
        if first:
            row = self.controller.sessions.session(number)
            announce(self.banner, self.tr("A device connected: {peer}").format(peer=row.peer if row else ""))
            self.state_changed.emit()

    def _before_last(self) -> int:
        model = self.controller.sessions
        return model.row(model.rowCount() - 2).seen.number

    def _chosen(self, number: int) -> None:
        if number != self._shown:
            self._shown = number
            self.side.setCurrentIndex(0)
            self._show_lines()
            self._show_session()

    @property
    def _row(self) -> SessionRow | None:
        return self.controller.sessions.session(self._shown) if self._shown else None

    def _session_changed(self, number: int) -> None:
        if number == self._shown and not self._refresh.isActive():
            self._refresh.start()

    def _line_added(self, number: int, relay: bool) -> None:
        row = self._row
        if row is not None and number == self._shown and relay is bool(self.side.currentData()):
            lines = row.relay_lines if relay else row.lines
            self._lines.append(lines[self._lines_shown :])
            self._lines_shown = len(lines)

    _lines_shown = 0

    def _show_lines(self) -> None:
        row = self._row
        self._lines.clear()
        self._lines_shown = 0
        if row is not None:
            lines = row.relay_lines if self.side.currentData() else row.lines
            self._lines.append(lines)
            self._lines_shown = len(lines)
            self._mark(row)

    def _show_session(self) -> None:
        row = self._row
        if row is None:
            self.facts.show_facts(())
            self.findings.show_judgement(None)
            self._lines.clear()
            self._lines_shown = 0
            self._facts_title.setText(self.tr("What the device does"))
            self.replay_button.setEnabled(False)
            return
        from core.listening.facts import facts_of
        from core.listening.replay import can_replay

        self._facts_title.setText(
            self.tr("What the device does  ({peer}, {time})").format(peer=row.peer, time=row.time)
        )
        self.facts.show_facts(facts_of(row.seen))
        self.findings.show_judgement(row.judgement)
        self._title_findings()
        self._side.setVisible(row.seen.relay is not None or bool(row.relay_lines))
        self.replay_button.setEnabled(can_replay(row.seen))
        if row.seen.ended != "open":
            shown = row.relay_lines if self.side.currentData() else row.lines
            if self._lines_shown != len(shown):
                self._show_lines()
            self._mark(row)

    def _mark(self, row: SessionRow) -> None:
        """Mark the line that the gravest finding rests on."""
        if row.judgement is None or self.side.currentData() or self._lines.first_failed_row() >= 0:
            return
        for finding in row.judgement.findings:
            stage, directions = _STAGES.get(finding.topic, (None, ()))
            if finding.severity != "error" or stage is None:
                continue
            for direction in directions:
                number = self._lines.mark_line(stage, direction)
                if number >= 0:
                    self.transcript.show_failure(number)
                    return

    # The service

    def _choose_service(self, service: str) -> None:
        self.service.blockSignals(True)
        self.service.setCurrentIndex(max(0, self.service.findData(service)))
        self.service.blockSignals(False)
        self.service.updateGeometry()
        self._title_findings()

    def _title_findings(self) -> None:
        row = self._row
        if row is not None and row.judgement is not None:
            server = row.judgement.server
            self._findings_title.setText(self.tr("What {server} would say").format(server=server))
        else:
            self._findings_title.setText(self.tr("What the service would say"))

    def _service_chosen(self) -> None:
        service = self.service.currentData() or ""
        self._title_findings()
        self.setup.set_value("service", service)
        self.controller.judge_for(service or None, self.controller.device)

    def _setup_service_changed(self) -> None:
        form_service = self.setup.service.currentData() or ""
        if form_service != (self.service.currentData() or ""):
            self._choose_service(form_service)
        if not self.busy:
            self.controller.judge_for(form_service or None, self.setup.device.currentData() or None)

    # What leaves the page

    def replay(self) -> None:
        """Offer a check that does to the real server what the device did here."""
        row = self._row
        if row is None:
            return
        seen, service = row.seen, self.controller.service

        async def work(_job: Job) -> tuple[FormValues, tuple[str, ...]]:
            from core.listening.replay import replay

            return replay(seen, service)

        def done(made: tuple[FormValues, tuple[str, ...]]) -> None:
            values, remarks = made
            self.replay_wanted.emit(values)
            self._say_remarks(remarks)

        self._engine.submit(work, done=done)

    def _say_remarks(self, remarks: tuple[str, ...]) -> None:
        self._say(" ".join(remarks))
        if remarks:
            from PySide6.QtWidgets import QMessageBox

            box = QMessageBox(
                QMessageBox.Icon.Information,
                self.tr("The check is filled in"),
                self.tr("It does as the copier did, towards the real server. Before you run it:"),
                QMessageBox.StandardButton.Ok,
                self.window(),
            )
            box.setTextFormat(Qt.TextFormat.PlainText)
            box.setInformativeText("\n".join(f"• {remark}" for remark in remarks))
            box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            box.open()

    def _say(self, text: str) -> None:
        self.status.setText(text)
        self.status.setVisible(bool(text))

    def _heading(self) -> str:
        from core import __version__

        row = self._row
        where = f", {row.peer}, {row.seen.started_at}" if row is not None else ""
        return f"Sendproof {__version__}, {self.tr('listening to a device')}{where}"

    def copy_ticket(self) -> None:
        """Copy the session that is shown, judged, as Markdown."""

        def done(text: str) -> None:
            QGuiApplication.clipboard().setText(text)
            self.ticket_button.show_copied()

        self.controller.written(_markdown, done, session=self._shown or None)

    def save(self) -> None:
        """Ask where to save the whole time of listening, and write it in the form of the file's ending."""
        if not self.can_save:
            return
        from gui.saving import ask_to_save

        document, service, device = self.controller.snapshot(), self.controller.service, self.controller.device
        if document is None:
            return
        moment = document.started_at[:16].replace(":", "").replace("T", " ")
        folder = self._store.text("report_folder") or str(Path.home())

        def make(ending: str) -> str:
            from core.listening.rendering import judged

            renders = {"txt": _text, "md": _markdown, "json": _json}
            return renders[ending](judged(document, service or "", device or ""))

        def saved(path: str) -> None:
            self._store.put("report_folder", str(Path(path).parent))
            self._say(self.tr("Saved: {path}").format(path=path))

        name = str(Path(folder) / f"Sendproof device {moment}")
        ask_to_save(self, self._engine, self.tr("Save what the device did"), name, make, saved=saved)


def _markdown(document: ListenDocument) -> str:
    from core.listening.rendering import render_markdown

    return render_markdown(document)


def _text(document: ListenDocument) -> str:
    from core.listening.rendering import render_text

    return render_text(document)


def _json(document: ListenDocument) -> str:
    from core.listening.observation import to_json

    return to_json(document) + "\n"
