"""The form of the page that finds settings: who sends to whom, how it signs in, which device, what else to try."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.widgets.basics import Button, Choice, Fold, Section, Tick, label, unit
from gui.widgets.check_form import split_recipients
from gui.widgets.field import beside
from gui.widgets.field_form import FieldForm, worst_problems
from gui.widgets.password_field import PasswordField
from gui.widgets.practice_note import PracticeNote

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.finding.form import FindForm as FindValues
    from core.request import FieldProblem
    from gui.models.presets import Catalogue, DeviceChoice

_TEXTS = ("sender", "recipients", "user", "server", "port", "present_server", "present_port")
_CHOICES = ("device", "security", "present_security", "present_sign_in")
_TICKS = ("send",)


class FindForm(FieldForm):
    """Collects what is searched for. Problems are shown beside the fields by `show_problems`."""

    run_wanted = Signal()
    plan_wanted = Signal()
    practice_ended = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._practice: Any = None
        self._device_wanted = ""
        self._include_wanted: list[str] = []
        self._ticks: dict[str, Tick] = {}
        self._build()

    # Building

    def _build(self) -> None:
        form, foot = self._frame()
        self.practice_note = PracticeNote()
        self.practice_note.ended.connect(self.practice_ended)
        form.addWidget(self.practice_note)
        self._add_who(form)
        self._add_sign_in(form)
        self._add_device(form)
        self._add_more(form)
        form.addStretch(1)
        self.run_button = Button(self.tr("Find settings"), primary=True, sign="play", key="F5")
        self.run_button.setAccessibleDescription(self.tr("Tries all ways at once (F5). Nothing is sent."))
        self.run_button.clicked.connect(self.run_wanted)
        self.plan_button = Button(self.tr("Show what will be tried"))
        self.plan_button.setToolTip(self.tr("Only DNS is asked; no mail server is contacted"))
        self.plan_button.clicked.connect(self.plan_wanted)
        foot.addWidget(self.run_button)
        foot.addWidget(self.plan_button)

    def _enter(self) -> None:
        self.run_wanted.emit()

    def _add_who(self, form: QVBoxLayout) -> None:
        form.addWidget(
            self._text(
                "sender",
                self.tr("Sender (the “From” address on the device)"),
                placeholder="scanner@contoso.com",
                help_text=self.tr("The provider and the ways of sending are worked out from its domain."),
            )
        )
        form.addWidget(
            self._text(
                "recipients",
                self.tr("Recipients: one inside, one outside"),
                placeholder="office@contoso.com, you@example.com",
                help_text=self.tr("Separated by a comma. Some ways reach recipients inside only, so both tell most."),
            )
        )

    def _add_sign_in(self, form: QVBoxLayout) -> None:
        form.addWidget(Section(self.tr("Sign-in")))
        form.addWidget(
            self._text(
                "user",
                self.tr("User name (empty: ways without sign-in only)"),
                placeholder="scanner@contoso.com",
                help_text=self.tr("Usually the complete address of the mailbox that the copier signs in with."),
            )
        )
        title = self.tr("Password (kept only until you close)")
        self.password = PasswordField(
            title,
            description=self.tr(
                "Sent over encrypted connections only. If it is refused once, no other way tries it again."
            ),
        )
        form.addWidget(self._text("password", title, control=self.password))

    def _add_device(self, form: QVBoxLayout) -> None:
        form.addWidget(Section(self.tr("Device")))
        form.addWidget(
            self._choice(
                "device",
                self.tr("Make and series"),
                [("", self.tr("Not known, or another one"))],
                help_text=self.tr("Each way is tried with this device’s limits too, where they could matter."),
            )
        )

    def _add_more(self, form: QVBoxLayout) -> None:
        self.more = Fold(self.tr("More to try"))
        self.more.setAccessibleDescription(self.tr("Shows present settings, an own server, and ways on request."))
        line = QHBoxLayout()
        line.addWidget(self.more)
        line.addStretch(1)
        form.addLayout(line)
        self._more_box = QWidget()
        box = QVBoxLayout(self._more_box)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(round(unit(self) * 1.25))
        kinds = [
            ("", self.tr("Not known")),
            ("starttls", "STARTTLS"),
            ("tls", self.tr("TLS from the first byte (465)")),
            ("none", self.tr("None")),
        ]
        box.addWidget(label(self.tr("What is set in the device now"), bold=True, muted=True, wrap=True))
        self._add_server(box, "present_", self.tr("Present server"), self.tr("Present port"))
        box.addWidget(self._choice("present_security", self.tr("Present encryption"), kinds))
        box.addWidget(
            self._choice(
                "present_sign_in",
                self.tr("Does it sign in now?"),
                [("", self.tr("Not known")), ("yes", self.tr("Yes")), ("no", self.tr("No"))],
            )
        )
        box.addWidget(label(self.tr("An own server"), bold=True, muted=True, wrap=True))
        self._add_server(box, "", self.tr("Own server"), self.tr("Own port"))
        box.addWidget(self._choice("security", self.tr("Own encryption"), kinds))
        box.addWidget(label(self.tr("On request"), bold=True, muted=True, wrap=True))
        self._requests = QVBoxLayout()
        self._requests.setSpacing(unit(self))
        box.addLayout(self._requests)
        box.addWidget(
            self._tick(
                "send",
                self.tr("Really send a test message by each way that works"),
                help_text=self.tr("Otherwise each try ends after RCPT TO, and nothing is sent."),
            )
        )
        self._more_box.hide()
        self.more.toggled.connect(self._more_box.setVisible)
        form.addWidget(self._more_box)

    def _add_server(self, box: QVBoxLayout, prefix: str, server: str, port: str) -> None:
        name = self._text(f"{prefix}server", server, placeholder="mail.contoso.com")
        number = self._text(f"{prefix}port", port, placeholder="25")
        number.control.setFixedWidth(self.fontMetrics().horizontalAdvance("00000") + unit(self) * 6)
        box.addLayout(beside(name, number))

    # Values

    def values(self) -> FindValues:
        """Return what is typed, as it stands."""
        from core.finding.form import FindForm as FindValues

        signs_in = self.value("present_sign_in")
        return FindValues(
            sender=self.value("sender"),
            recipients=split_recipients(self.value("recipients")),
            user=self.value("user"),
            password=self.password.secret(),
            device=self.value("device"),
            server=self.value("server"),
            port=self.value("port"),
            security=self.value("security"),
            present_server=self.value("present_server"),
            present_port=self.value("present_port"),
            present_security=self.value("present_security"),
            present_sign_in=None if not signs_in else signs_in == "yes",
            include=tuple(self.included()),
            send=self.value("send"),
        )

    def stored(self) -> dict[str, Any]:
        """Return what may be written to the settings: everything but the password."""
        return {name: self.value(name) for name in (*_TEXTS, *_CHOICES)} | {"include": self.included()}

    def restore(self, stored: dict[str, Any]) -> None:
        """Show what `stored` returned earlier; unknown or missing entries are passed over."""
        for name in (*_TEXTS, *_CHOICES, *_TICKS):
            value = stored.get(name)
            if isinstance(value, bool if name in _TICKS else str):
                self.set_value(name, value)
        self._device_wanted = str(stored.get("device") or "")
        include = stored.get("include")
        self._include_wanted = [str(word) for word in include] if isinstance(include, list) else []
        for word, tick in self._ticks.items():
            tick.setChecked(word in self._include_wanted)
        if self._include_wanted or stored.get("present_server") or stored.get("server"):
            self.more.setChecked(True)

    def included(self) -> list[str]:
        """Return the words of the ways on request that are ticked."""
        return [word for word, tick in self._ticks.items() if tick.isChecked()]

    def set_catalogue(self, catalogue: Catalogue) -> None:
        """Offer the devices, and the ways that are only tried on request."""
        self._set_devices(catalogue.devices)
        for entry in catalogue.on_request:
            if entry.word not in self._ticks:
                tick = Tick(entry.title, description=entry.explanation)
                tick.setToolTip(entry.explanation)
                tick.setChecked(entry.word in self._include_wanted)
                self._ticks[entry.word] = tick
                self._requests.addWidget(tick)

    def _set_devices(self, devices: Iterable[DeviceChoice]) -> None:
        choice: Choice = self.control("device")
        wanted = choice.currentData() or self._device_wanted
        while choice.count() > 1:
            choice.removeItem(1)
        for entry in devices:
            choice.addItem(entry.title, entry.id)
        choice.setCurrentIndex(max(0, choice.findData(wanted)))

    def wipe(self) -> None:
        """Forget the password."""
        self.password.wipe()

    def take_focus(self) -> None:
        """Put the keyboard on what is to be filled in first."""
        (self.password if self.value("user") and not self.password.text() else self.control("sender")).setFocus()

    def set_practice(self, tenant: Any) -> None:
        """Show that a practice tenant is searched, with its own addresses; None: no longer."""
        self._practice = tenant
        self.practice_note.show_lesson(tenant)
        if tenant is None:
            return
        for name in (*_TEXTS, *_CHOICES, *_TICKS):
            self.set_value(name, False if name in _TICKS else "")
        self.set_value("sender", tenant.find.sender)
        self.set_value("recipients", ", ".join(tenant.find.recipients))
        self.set_value("user", tenant.find.user)
        self.set_value("device", tenant.find.device)
        self.password.setText(tenant.find.password)
        for tick in self._ticks.values():
            tick.setChecked(False)
        self.show_problems(())
        self._scroll.verticalScrollBar().setValue(0)

    # Problems

    def _edited(self, name: str) -> None:
        if name in self._fields:
            self._fields[name].show_problem("")
        self.trouble.show_problem("")

    def show_problems(self, problems: Iterable[FieldProblem]) -> None:
        """Show each problem beside its field, and put the keyboard on the first that is wrong."""
        worst = worst_problems(problems)
        for name, field in self._fields.items():
            found = worst.get(name)
            field.show_problem(found.text if found else "", found.severity if found else "error")
        places = list(self._fields)
        errors = sorted(
            (problem for problem in worst.values() if problem.severity == "error"),
            key=lambda problem: places.index(problem.field) if problem.field in places else len(places),
        )
        names = [self._fields[entry.field].name if entry.field in self._fields else entry.text for entry in errors]
        self.trouble.show_problem(
            self.tr("Before the search can run: {names}").format(names=", ".join(names)) if names else ""
        )
        first = next((name for name in self._fields if name in {problem.field for problem in errors}), None)
        if first is None:
            return
        if any(entry.field in places and self._more_box.isAncestorOf(self._fields[entry.field]) for entry in errors):
            self.more.setChecked(True)  # else the sentence beside that field would not be seen
        self.control(first).setFocus(Qt.FocusReason.OtherFocusReason)
        self._scroll.ensureWidgetVisible(self._fields[first])

    def set_busy(self, busy: bool) -> None:
        """Let nothing be started while something runs."""
        self.run_button.setEnabled(not busy)
        self.plan_button.setEnabled(not busy)
