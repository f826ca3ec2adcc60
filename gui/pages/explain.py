"""Explain an error: paste a text on the left, read on the right what it means. Works without a network."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from core import __version__
from core.stages import Stage
from gui.engine import Engine, Job
from gui.pages.page import Page
from gui.texts import stage_name
from gui.widgets.announce import announce
from gui.widgets.basics import Button, Card, Choice, Fold, TextField, label, unit
from gui.widgets.explanation_card import ExplanationCard
from gui.widgets.field import Field
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.paste_field import PasteField
from gui.widgets.scrolling import scroll_area

if TYPE_CHECKING:
    from core.knowledge.explaining import Candidate, Explanation
    from core.reports.report import Diagnosis

PAUSE_MS = 350
"""So long after the last change the text is read."""
MAX_NAME = 255

EXAMPLES = (
    (
        "550 5.7.1 … Spamhaus",
        "550 5.7.1 Service unavailable, Client host [203.0.113.7] blocked using Spamhaus. To request removal from "
        "this list see https://www.spamhaus.org/query/ip/203.0.113.7",
    ),
    (
        "535 5.7.139 …",
        "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit "
        "https://aka.ms/smtp_auth_disabled for more information.",
    ),
    ("CE-02", "CE-02"),
)
"""What stands on the button, and what it puts into the field."""

_SECRET = re.compile(
    r"\bAUTH (?:PLAIN|LOGIN|XOAUTH2) +\S{4,}|^.{0,40}\b334 (?:VXNlcm5hbWU6|UGFzc3dvcmQ6)|"
    r"\b(?:password|passwort|kennwort|mot de passe)\s{0,3}[:=]\s{0,3}\S",
    re.IGNORECASE | re.MULTILINE,
)
"""A sign-in in a log (RFC 4954), or a password with its name before it."""


class Explained(NamedTuple):
    """What the loop's thread found out about a text."""

    found: Explanation
    diagnosis: Diagnosis
    candidates: tuple[Candidate, ...]
    text: str


class ExplainPage(Page):
    """Reads what was pasted shortly after the last change; keeps nothing of it."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine
        self._asked = 0
        self._announced = ""
        self._result: Explained | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self.run)
        self.card = ExplanationCard(self.ticket_text)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(unit(self))
        left = self._build()
        self.splitter.addWidget(left)
        self.splitter.addWidget(self.card)
        self.splitter.setStretchFactor(0, 0)
        self.splitter.setStretchFactor(1, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.splitter)
        metrics = self.fontMetrics()
        left.setMinimumWidth(metrics.averageCharWidth() * 36)
        self.card.setMinimumWidth(metrics.averageCharWidth() * 50)
        self._splitter_set = False
        self.setTabOrder(left, self.card)

    # Building

    def _build(self) -> QWidget:
        base = unit(self)
        card = Card()
        outer = QVBoxLayout(card)
        outer.setContentsMargins(1, 1, 1, 1)
        outer.setSpacing(0)
        inner = QWidget()
        form = QVBoxLayout(inner)
        form.setContentsMargins(base * 2, base * 2, base * 2, base)
        form.setSpacing(round(base * 1.25))
        name = self.tr("Paste what the copier, the mail program or the server said")
        self.edit = PasteField(
            name,
            placeholder=self.tr("A reply, a bounce, an error message or a code from the panel"),
            description=self.tr("The explanation follows while you type; Ctrl+Enter asks for it at once."),
        )
        self.edit.textChanged.connect(self._changed)
        self.edit.enter_wanted.connect(self.run)
        self.edit.shortened.connect(self._was_shortened)
        self._field = Field(name, self.edit)
        form.addWidget(self._field, 1)
        form.addWidget(self._buttons())
        form.addWidget(self._examples())
        self._add_place(form)
        outer.addWidget(scroll_area(inner), 1)
        return card

    def _buttons(self) -> QWidget:
        row = QWidget()
        flow = FlowLayout(row, gap=unit(self), line_gap=unit(self) // 2)
        self.paste_button = Button(self.tr("Paste"), sign="copy")
        self.paste_button.setToolTip(self.tr("Replace the text by what the clipboard holds"))
        self.paste_button.clicked.connect(self.paste)
        self.clear_button = Button(self.tr("Clear"), sign="cross")
        self.clear_button.setToolTip(self.tr("Empty the field"))
        self.clear_button.setEnabled(False)
        self.clear_button.clicked.connect(self.clear)
        flow.addWidget(self.paste_button)
        flow.addWidget(self.clear_button)
        return row

    def _examples(self) -> QWidget:
        row = QWidget()
        flow = FlowLayout(row, gap=unit(self) // 2, line_gap=0)
        flow.addWidget(label(self.tr("For example:"), muted=True))
        self.examples: list[Button] = []
        for words, text in EXAMPLES:
            button = Button(words, quiet=True)
            button.setAccessibleName(self.tr("Example: {text}").format(text=words))
            button.setToolTip(text)
            button.clicked.connect(lambda _checked=False, text=text: self._put(text))
            flow.addWidget(button)
            self.examples.append(button)
        return row

    def _add_place(self, form: QVBoxLayout) -> None:
        self.place = Fold(self.tr("Where it happened (optional)"))
        self.place.setAccessibleDescription(self.tr("What is known beside the text; it can decide between causes."))
        body = QWidget()
        inside = QVBoxLayout(body)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(round(unit(self) * 1.25))
        unknown = self.tr("Not known")
        self.stage = Choice(self.tr("Stage"))
        self.stage.addItem(unknown, None)
        for stage in Stage:
            self.stage.addItem(stage_name(stage), stage)
        self.server = TextField(self.tr("Server"), placeholder="smtp.example.com")
        self.server.setMaxLength(MAX_NAME)
        self.port = TextField(self.tr("Port"), placeholder="587")
        self.port.setMaxLength(8)
        self.sign_in = Choice(self.tr("Was sign-in set up?"))
        for words, value in ((unknown, None), (self.tr("Yes"), True), (self.tr("No"), False)):
            self.sign_in.addItem(words, value)
        self._port_field = Field(self.tr("Port"), self.port)
        for field in (
            Field(self.tr("Stage"), self.stage),
            Field(self.tr("Server"), self.server),
            self._port_field,
            Field(self.tr("Was sign-in set up?"), self.sign_in),
        ):
            inside.addWidget(field)
        for choice in (self.stage, self.sign_in):
            choice.currentIndexChanged.connect(self._timer.start)
        for line in (self.server, self.port):
            line.textChanged.connect(self._timer.start)
            line.returnPressed.connect(self.run)
        body.hide()
        self.place.toggled.connect(body.setVisible)
        form.addWidget(self.place, 0, Qt.AlignmentFlag.AlignLeft)
        form.addWidget(body)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the field its share at the start."""
        super().resizeEvent(event)
        if not self._splitter_set:
            field = round(self.fontMetrics().averageCharWidth() * 52)
            self.splitter.setSizes([min(field, round(self.width() * 0.36)), self.width()])
            self._splitter_set = True

    def take_focus(self) -> None:
        """Put the keyboard into the field."""
        self.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    # The text

    def paste(self) -> None:
        """Replace the text by the clipboard's, if it holds text."""
        text = QGuiApplication.clipboard().text()
        if text:
            self._put(text)

    def clear(self) -> None:
        """Empty the field; Ctrl+Z brings the text back."""
        self._put("")
        self.take_focus()

    def wipe(self) -> None:
        """Forget the text for good."""
        self.edit.clear()
        self._show_nothing()

    def _put(self, text: str) -> None:
        self.edit.put(text)
        self.run()

    def _changed(self) -> None:
        text = self.edit.toPlainText()
        self.clear_button.setEnabled(bool(text))
        self._field.show_problem(self._remark(text), "hint")
        self._timer.start()

    def _remark(self, text: str) -> str:
        if _SECRET.search(text):
            return self.tr(
                "This text seems to hold a sign-in. Sendproof stores nothing of it; take the password out before you "
                "pass the explanation on."
            )
        return ""

    def _was_shortened(self, short: bool) -> None:
        if short:
            self._field.show_problem(
                self.tr("That text is very long: only its beginning and its end were taken."), "hint"
            )

    # The explanation

    @property
    def run_words(self) -> str:
        """F5 explains the text."""
        return self.tr("E&xplain the text")

    def copy_ticket(self) -> None:
        """Copy the explanation."""
        self.card.copy_ticket.copy()

    def run(self) -> None:
        """Read the text now."""
        self._timer.stop()
        text = self.edit.toPlainText()
        self._asked += 1
        if not text.strip():
            self._show_nothing()
            return
        asked = self._asked
        stage, auth = self.stage.currentData(), self.sign_in.currentData()
        server, port = self.server.text().strip() or None, self._port()

        async def work(_job: Job) -> Explained:
            from core.knowledge.explaining import candidates, explain, understand
            from core.knowledge.load import load_knowledge
            from core.reports.explanation import render_explanation

            knowledge = load_knowledge()
            found = understand(text, knowledge, stage=stage, server=server, port=port, auth=auth)
            diagnosis = explain(found, knowledge)
            words = render_explanation(found, diagnosis, knowledge)
            return Explained(found, diagnosis, candidates(found, diagnosis, knowledge), words)

        def done(result: Explained) -> None:
            if asked == self._asked:  # else the text has changed since
                self._show(result)

        self._engine.submit(work, done=done)

    def _port(self) -> int | None:
        """Return the port that was typed; None if there is none, with a sentence under the field if it is wrong."""
        from core.addresses import MAX_PORT, port_number

        typed = self.port.text().strip()
        port = port_number(typed)
        wrong = bool(typed) and port is None
        self._port_field.show_problem(
            self.tr("A port is a number from 1 to {most}.").format(most=MAX_PORT) if wrong else ""
        )
        return port

    def _show_nothing(self) -> None:
        self._asked += 1
        self._timer.stop()
        if self._result is not None:
            self._result = None
            self._announced = ""
            self.card.show_welcome()

    def _show(self, result: Explained) -> None:
        if self._result is not None and self._result.text == result.text:
            return
        self._result = result
        self.card.show_explanation(result.found, result.diagnosis, result.candidates)
        title = self.card.title.text() if self.card.title is not None else ""
        if self.isVisible() and title != self._announced:  # not again with every letter that is typed
            self._announced = title
            announce(self.card, f"{title}. {result.diagnosis.question or ''}".strip())

    def ticket_text(self) -> str:
        """Return the explanation that is shown as plain text; empty if there is none."""
        if self._result is None:
            return ""
        return f"Sendproof {__version__}, {self.tr('explanation of a pasted text')}\n\n{self._result.text}"
