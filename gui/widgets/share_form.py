"""The questions of the share dialog: document, form, names, the ticket's information, a later run."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.widgets.basics import Button, Choice, TextField, Tick, label, unit
from gui.widgets.field import Field

ALWAYS_REDACTED = frozenset({"case"})
"""Kinds that never carry a name; a test holds this beside the core's own list."""


FORMS = {"ticket": "markdown", "client": "pdf", "escalation": "pdf", "case": "html", "full": "html"}
"""In which form each kind is usually shared."""


class ShareValues(NamedTuple):
    """What is chosen: kind and form of the document, the addressee of an escalation, redaction, the ticket's fields."""

    kind: str
    form: str
    addressee: str
    redacted: bool
    details: dict[str, str]


class ShareForm(QWidget):
    """Asks for it; `changed` tells each change."""

    changed = Signal()
    second_wanted = Signal()
    """A later run is to be chosen."""
    second_dropped = Signal()
    """The later run is to be left out again."""

    def __init__(self, details: dict[str, str], kind: str, forms: dict[str, str]) -> None:
        """Take what was typed before, the kind to begin with, and in which form each kind was shared last."""
        super().__init__()
        self._forms_of = FORMS | {name: form for name, form in forms.items() if form in dict(self._forms())}
        base = unit(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(base * 2, base * 2, base * 2, base * 2)
        layout.setSpacing(base)
        self.kind = Choice(self.tr("Document"))
        for name, words in self._kinds():
            self.kind.addItem(words, name)
        self.kind.setCurrentIndex(max(0, self.kind.findData(kind)))
        layout.addWidget(Field(self.tr("Document"), self.kind))
        self.about = label("", muted=True, wrap=True)
        layout.addWidget(self.about)
        self.addressee = Choice(self.tr("Written to"))
        for name, words in self._addressees():
            self.addressee.addItem(words, name)
        self._addressee_field = Field(self.tr("Written to"), self.addressee)
        layout.addWidget(self._addressee_field)
        self.form = Choice(self.tr("Form"))
        for name, words in self._forms():
            self.form.addItem(words, name)
        layout.addWidget(Field(self.tr("Form"), self.form))
        self.redact = Tick(self.tr("Hide names and addresses"))
        self.redact.setToolTip(
            self.tr("Addresses, names, the tenant and host names become placeholders, in the transcript too")
        )
        layout.addSpacing(base // 2)
        layout.addWidget(self.redact)
        layout.addSpacing(base)
        layout.addWidget(label(self.tr("Run after the change"), bold=True, muted=True))
        self._build_second(layout)
        layout.addSpacing(base)
        layout.addWidget(label(self.tr("For the ticket"), bold=True, muted=True))
        self.fields: dict[str, TextField] = {}
        for name, words in self._details():
            field = TextField(words)
            field.setMaxLength(300)
            field.setText(details.get(name, ""))
            self.fields[name] = field
            layout.addWidget(Field(words, field))
            field.textChanged.connect(self.changed)
        layout.addStretch(1)
        self._redact_wished = False
        self.choose(form=self._forms_of[str(self.kind.currentData())])
        self.kind.currentIndexChanged.connect(self._kind_changed)
        self.form.currentIndexChanged.connect(self._form_changed)
        self.addressee.currentIndexChanged.connect(self.changed)
        self.redact.toggled.connect(self._redact_toggled)
        self._sync()

    def _build_second(self, layout: QVBoxLayout) -> None:
        self.second = label("", wrap=True, muted=True)
        layout.addWidget(self.second)
        row = QHBoxLayout()
        row.setSpacing(unit(self))
        self.choose_second = Button(self.tr("Choose…"))
        self.choose_second.setAccessibleName(self.tr("Choose the run after the change"))
        self.choose_second.clicked.connect(self.second_wanted)
        self.drop_second = Button(self.tr("Leave out"))
        self.drop_second.clicked.connect(self.second_dropped)
        row.addWidget(self.choose_second)
        row.addWidget(self.drop_second)
        row.addStretch(1)
        layout.addLayout(row)
        self.set_second("")

    def _kinds(self) -> list[tuple[str, str]]:
        return [
            ("ticket", self.tr("Ticket notes")),
            ("client", self.tr("Client summary")),
            ("escalation", self.tr("Escalation sheet")),
            ("case", self.tr("Case study (without names)")),
            ("full", self.tr("Full report")),
        ]

    def _about(self) -> dict[str, str]:
        return {
            "ticket": self.tr("Everything a ticket needs, in its sections; what was not tested is said so."),
            "client": self.tr("One page without technical words, for the people at the site."),
            "escalation": self.tr("The decisive lines and one clear request, for whoever has to act."),
            "case": self.tr("What this case teaches, for the next one like it. Nobody is named."),
            "full": self.tr("Everything that was seen, with the whole conversation. As JSON it can be opened again."),
        }

    def _addressees(self) -> list[tuple[str, str]]:
        return [
            ("", self.tr("Whoever can fix it")),
            ("isp", self.tr("Internet provider")),
            ("vendor", self.tr("Vendor of the device")),
            ("microsoft", self.tr("Microsoft support")),
            ("provider", self.tr("Mail provider")),
            ("administrator", self.tr("Mail administrator")),
            ("network", self.tr("Network administrator")),
        ]

    def _forms(self) -> list[tuple[str, str]]:
        return [
            ("html", self.tr("Web page")),
            ("pdf", self.tr("PDF")),
            ("markdown", self.tr("Markdown")),
            ("text", self.tr("Plain text")),
            ("json", self.tr("JSON for other programs")),
        ]

    def _details(self) -> list[tuple[str, str]]:
        return [
            ("client", self.tr("Client")),
            ("site", self.tr("Site / location")),
            ("device", self.tr("Device")),
            ("issue", self.tr("Issue reported")),
            ("engineer", self.tr("Engineer")),
        ]

    def form_name(self, form: str) -> str:
        """Return how a form is called."""
        return dict(self._forms())[form]

    def values(self) -> ShareValues:
        """Return what is chosen now."""
        kind = str(self.kind.currentData())
        return ShareValues(
            kind=kind,
            form=str(self.form.currentData()),
            addressee=str(self.addressee.currentData()) if kind == "escalation" else "",
            redacted=self.redact.isChecked(),
            details={name: field.text().strip() for name, field in self.fields.items()},
        )

    def choose(self, *, kind: str = "", form: str = "") -> None:
        """Choose a kind or a form of document."""
        for box, wanted in ((self.kind, kind), (self.form, form)):
            if wanted and box.findData(wanted) >= 0:
                box.setCurrentIndex(box.findData(wanted))

    def set_second(self, words: str) -> None:
        """Say which later run is taken in; empty for none."""
        none = self.tr("None. With one, the document proves what the change did.")
        self.second.setText(words or none)
        self.second.set_colour("text" if words else "muted")
        self.drop_second.setVisible(bool(words))

    def show_second_problem(self, text: str) -> None:
        """Say why a file can't be the later run."""
        self.second.setText(text)
        self.second.set_colour("failed")

    def _form_changed(self) -> None:
        self._forms_of[str(self.kind.currentData())] = str(self.form.currentData())
        self.changed.emit()

    def _kind_changed(self) -> None:
        self._sync()
        self.form.blockSignals(True)  # one change, told once
        self.choose(form=self._forms_of[str(self.kind.currentData())])
        self.form.blockSignals(False)
        self.form.updateGeometry()
        self.changed.emit()

    def _redact_toggled(self, on: bool) -> None:
        if self.redact.isEnabled():
            self._redact_wished = on
        self.changed.emit()

    def _sync(self) -> None:
        kind = str(self.kind.currentData())
        self.about.setText(self._about()[kind])
        self._addressee_field.setVisible(kind == "escalation")
        forced = kind in ALWAYS_REDACTED
        self.redact.blockSignals(True)  # it follows the kind here, which `changed` tells anyway
        self.redact.setEnabled(not forced)
        self.redact.setChecked(forced or self._redact_wished)
        self.redact.blockSignals(False)
