"""The form before listening: port, service and device, a password to compare, further choices, pass-through."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from gui.widgets.basics import Button, Choice, Fold, Tick, label, unit
from gui.widgets.field import Field
from gui.widgets.field_form import FieldForm
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.password_field import PasswordField
from gui.widgets.result_parts import Command
from gui.widgets.scrolling import scroll_area

if TYPE_CHECKING:
    from core.listening.choosing import ListenForm
    from core.listening.observation import ListenProblem
    from core.request import FieldProblem
    from gui.models.presets import Catalogue

PORTS = (("25", "25"), ("587", "587"), ("465", "465"), ("2525", "2525"))
DEFAULT_SERVICE = "microsoft365-submission"
_STORED = ("ports", "service", "device")


class ListenSetup(FieldForm):
    """Collects the choices. `start_wanted` comes from the button and the Enter key."""

    start_wanted = Signal()
    back_wanted = Signal()
    service_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._servers: dict[str, tuple[str, str, str]] = {}
        base = unit(self)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 1, 1, 1)
        outer.setSpacing(0)
        inner = QWidget()
        self._form = QVBoxLayout(inner)
        self._form.setContentsMargins(base * 3, base * 2, base * 3, base * 2)
        self._form.setSpacing(round(base * 1.4))
        self._add_heading()
        self._add_main()
        self._add_options()
        self._add_relay()
        self._add_steps()
        self._form.addStretch(1)
        self._scroll = scroll_area(inner)
        outer.addWidget(self._scroll, 1)
        outer.addWidget(self._buttons())

    # Building

    def _add_heading(self) -> None:
        self._form.addWidget(label(self.tr("What does the copier really do?"), bold=True, scale=1.35, wrap=True))
        self._form.addWidget(
            label(
                self.tr(
                    "Sendproof becomes the copier’s mail server for a moment. You point the copier at this computer "
                    "and send a test scan; Sendproof records what the copier does, tells what the real service would "
                    "say to it, and delivers nothing."
                ),
                wrap=True,
                muted=True,
            )
        )

    def _text(self, name: str, title: str, **more: Any) -> Field:
        field = super()._text(name, title, **more)
        self.control(name).textChanged.connect(lambda _text: field.show_problem(""))
        return field

    def _tick(self, name: str, title: str, *, checked: bool = False, help_text: str = "") -> Field:
        field = super()._tick(name, title, help_text=help_text)
        self.control(name).setChecked(checked)
        return field

    def _edited(self, name: str) -> None:
        self._fields[name].show_problem("")

    def _enter(self) -> None:
        self.start_wanted.emit()

    def _add_main(self) -> None:
        base = unit(self)
        grid = QGridLayout()
        grid.setHorizontalSpacing(base * 3)
        grid.setVerticalSpacing(round(base * 1.4))
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        ports = QWidget()
        column = QVBoxLayout(ports)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(base // 2)
        column.addWidget(
            self._text(
                "ports",
                self.tr("Port to listen on"),
                placeholder="2525",
                help_text=self.tr("One port, or several separated by commas. 25 suits copiers that know no other."),
            )
        )
        row = QWidget()
        flow = FlowLayout(row, gap=base // 2, line_gap=0)
        for port, words in PORTS:
            button = Button(words, quiet=True)
            tip = self.tr("TLS from the first octet") if port == "465" else self.tr("plain text, then STARTTLS")
            button.setToolTip(self.tr("Port {port}: {how}").format(port=port, how=tip))
            button.setAccessibleName(self.tr("Use port {port}").format(port=port))
            button.clicked.connect(partial(self._choose_port, port))
            flow.addWidget(button)
        column.addWidget(row)
        self._port_help = QWidget()
        self._port_help_layout = QVBoxLayout(self._port_help)
        self._port_help_layout.setContentsMargins(0, 0, 0, 0)
        self._port_help_layout.setSpacing(base // 2)
        self._port_help.hide()
        column.addWidget(self._port_help)
        grid.addWidget(ports, 0, 0, Qt.AlignmentFlag.AlignTop)
        self.service = Choice(self.tr("Service that the copier is meant for"))
        self.service.addItem(self.tr("Any mail service of today"), "")
        self.service.currentIndexChanged.connect(self.service_changed)
        self._field("service", Field(self.tr("Service that the copier is meant for"), self.service))
        grid.addWidget(self._fields["service"], 0, 1, Qt.AlignmentFlag.AlignTop)
        self.device = Choice(self.tr("Device"))
        self.device.addItem(self.tr("Not known, or another one"), "")
        self.device.currentIndexChanged.connect(self.service_changed)
        self._field("device", Field(self.tr("Device"), self.device))
        self._fields["device"].control.setToolTip(self.tr("What helps is then told in the words of its own web page."))
        grid.addWidget(self._fields["device"], 1, 1, Qt.AlignmentFlag.AlignTop)
        title = self.tr("The copier’s e-mail password, to compare (optional)")
        self.password = PasswordField(
            title, description=self.tr("Only compared with what the device sends. It is never stored.")
        )
        self.password.returnPressed.connect(self.start_wanted)
        self._field("compare", Field(title, self.password))
        self.password.setToolTip(self.tr("Tells whether the device holds the same one, or cuts it off."))
        grid.addWidget(self._fields["compare"], 1, 0, Qt.AlignmentFlag.AlignTop)
        self._form.addLayout(grid)
        self._form.addWidget(
            label(
                self.tr(
                    "TLS from 1.0 up is accepted here only to observe. Of passwords only the length is kept. It "
                    "listens only while this page is open, and to devices of the local network only."
                ),
                muted=True,
                wrap=True,
                scale=0.94,
            )
        )

    def _add_options(self) -> None:
        box = self._folded(self.tr("More choices"), self.tr("Shows what is offered to the device."))
        for name, text, checked, help_text in (
            (
                "only_service_mechanisms",
                self.tr("Offer the sign-in methods of that service only"),
                True,
                self.tr(
                    "So the device chooses as it would there. Without the tick LOGIN, PLAIN, CRAM-MD5 and XOAUTH2."
                ),
            ),
            ("starttls", self.tr("Offer STARTTLS"), True, ""),
            (
                "sign_in_before_tls",
                self.tr("Offer sign-in before TLS too"),
                True,
                self.tr("A device that signs in too early is seen only if it is let."),
            ),
            (
                "refuse_sign_in",
                self.tr("Refuse every sign-in, to see what the device does then"),
                False,
                self.tr("Some devices come again without signing in; the real error is then hidden."),
            ),
            ("allow_public", self.tr("Let devices of other networks in too"), False, ""),
        ):
            box.addWidget(self._tick(name, text, checked=checked, help_text=help_text))
        public: Any = self._fields["allow_public"].control
        public.toggled.connect(self._public_toggled)

    def _add_relay(self) -> None:
        base = unit(self)
        self.relay = Tick(
            self.tr("Pass the session on to the real server"),
            description=self.tr("Shows the settings for passing the copier’s own attempt on."),
        )
        self._relay_body = QWidget()
        box = QVBoxLayout(self._relay_body)
        box.setContentsMargins(base * 2, 0, 0, 0)
        box.setSpacing(base)
        self._relay_body.hide()
        self.relay.toggled.connect(self._relay_toggled)
        self._form.addWidget(self.relay, 0, Qt.AlignmentFlag.AlignLeft)
        self._form.addWidget(self._relay_body)
        box.addWidget(
            label(
                self.tr(
                    "Then the copier’s own attempt yields the real server’s answer. The message is really delivered, "
                    "by the one server and to the recipients named here only; every other recipient is refused. It "
                    "holds for the first device that connects and for five messages at most."
                ),
                wrap=True,
                muted=True,
            )
        )
        grid = QGridLayout()
        grid.setHorizontalSpacing(base * 2)
        grid.setVerticalSpacing(base)
        grid.setColumnStretch(0, 3)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(2, 2)
        top = Qt.AlignmentFlag.AlignTop
        grid.addWidget(self._text("relay_server", self.tr("Real server"), placeholder="smtp.office365.com"), 0, 0, top)
        grid.addWidget(self._text("relay_port", self.tr("Port"), placeholder="587"), 0, 1, top)
        security = Choice(self.tr("Encryption"))
        for words, value in (
            ("STARTTLS", "starttls"),
            (self.tr("TLS from the first octet"), "tls"),
            (self.tr("none"), "none"),
        ):
            security.addItem(words, value)
        grid.addWidget(self._field("relay_security", Field(self.tr("Encryption"), security)), 0, 2, top)
        recipients = self._text(
            "relay_recipients",
            self.tr("Recipients that may get it, separated by commas"),
            placeholder="maria@contoso.com",
        )
        grid.addWidget(recipients, 1, 0, 1, 3, top)
        box.addLayout(grid)
        box.addWidget(
            self._tick(
                "relay_sign_in",
                self.tr("Hand the device’s sign-in on to that server"),
                help_text=self.tr("Needed where the server wants a sign-in."),
            )
        )
        box.addWidget(
            label(
                self.tr(
                    "User name and password then go to that server, and nowhere else: over TLS only, and only if its "
                    "certificate is trusted. Sendproof keeps neither."
                ),
                wrap=True,
                muted=True,
                scale=0.94,
            )
        )
        box.addWidget(
            self._tick(
                "relay_consent", self.tr("I may do this: really deliver what the device sends to these recipients")
            )
        )

    def _relay_toggled(self, on: bool) -> None:
        """Show the fields, with the chosen service's server in them if nothing is typed yet."""
        self._relay_body.setVisible(on)
        preset = self._servers.get(self.service.currentData() or "")
        if on and preset is not None and not self.value("relay_server"):
            for name, value in zip(("relay_server", "relay_port", "relay_security"), preset, strict=True):
                self.set_value(name, value)

    def take_consent_back(self) -> None:
        """Consent to pass-through holds for one time of listening."""
        self.set_value("relay_consent", False)

    def _add_steps(self) -> None:
        self._form.addWidget(label(self.tr("How it goes"), bold=True, muted=True))
        for number, words in enumerate(
            (
                self.tr("Start listening. The address to type appears here."),
                self.tr("On the copier’s web page, enter it and the port as the SMTP server. Leave all else as it is."),
                self.tr("Send a test scan by e-mail. Read here what the copier does, then enter the old server again."),
            ),
            1,
        ):
            self._form.addWidget(label(f"{number}.  {words}", wrap=True))

    def _folded(self, title: str, description: str) -> QVBoxLayout:
        fold = Fold(title)
        fold.setAccessibleDescription(description)
        self.options = fold
        body = QWidget()
        box = QVBoxLayout(body)
        box.setContentsMargins(unit(self) * 2, 0, 0, 0)
        box.setSpacing(unit(self))
        body.hide()
        fold.toggled.connect(body.setVisible)
        self._form.addWidget(fold, 0, Qt.AlignmentFlag.AlignLeft)
        self._form.addWidget(body)
        return box

    def _buttons(self) -> QWidget:
        base = unit(self)
        bar = QWidget()
        row = QHBoxLayout(bar)
        row.setContentsMargins(base * 3, base, base * 3, round(base * 1.6))
        row.setSpacing(base)
        self.start_button = Button(self.tr("Start listening"), primary=True, sign="play", key="F5")
        self.start_button.clicked.connect(self.start_wanted)
        row.addWidget(self.start_button)
        self.back_button = Button(self.tr("Back to the sessions"))
        self.back_button.clicked.connect(self.back_wanted)
        self.back_button.hide()
        row.addWidget(self.back_button)
        row.addStretch(1)
        return bar

    # Values

    def set_catalogue(self, catalogue: Catalogue) -> None:
        """Offer the known services and devices; what was chosen stays."""
        service, device = self._wanted_service, self._wanted_device
        for choice in (self.service, self.device):
            choice.blockSignals(True)
            while choice.count() > 1:
                choice.removeItem(1)
        for preset in catalogue.presets:
            self.service.addItem(preset.title, preset.id)
            if preset.server and "{" not in preset.server:
                self._servers[preset.id] = (preset.server, str(preset.port), preset.security)
        for known in catalogue.devices:
            self.device.addItem(known.title, known.id)
            self.device.setItemData(self.device.count() - 1, known.models, Qt.ItemDataRole.ToolTipRole)
        self.service.setCurrentIndex(max(0, self.service.findData(service)))
        self.device.setCurrentIndex(max(0, self.device.findData(device)))
        for choice in (self.service, self.device):
            choice.blockSignals(False)
            choice.updateGeometry()
        self.service_changed.emit()

    _wanted_service = DEFAULT_SERVICE
    _wanted_device = ""

    def form(self) -> ListenForm:
        """Return what is typed."""
        from core.listening.choosing import ListenForm

        names = (
            "ports",
            "service",
            "device",
            "only_service_mechanisms",
            "starttls",
            "sign_in_before_tls",
            "refuse_sign_in",
            "allow_public",
            "relay_server",
            "relay_port",
            "relay_security",
            "relay_recipients",
            "relay_sign_in",
            "relay_consent",
        )
        values = {name: self.value(name) for name in names}
        values["ports"] = values["ports"] or "2525"
        values["relay_port"] = values["relay_port"] or "587"
        return ListenForm(**values, relay=self.relay.isChecked(), compare=self.password.secret())

    def stored(self) -> dict[str, str]:
        """Return what may be written to the settings: no password, and no consent."""
        return {name: self.value(name) for name in _STORED}

    def restore(self, stored: dict[str, Any]) -> None:
        """Show what `stored` returned earlier."""
        ports, service, device = (stored.get(name) for name in _STORED)
        self.control("ports").setText(ports if isinstance(ports, str) and ports else "2525")
        if isinstance(service, str):
            self._wanted_service = service
        if isinstance(device, str):
            self._wanted_device = device

    def _choose_port(self, port: str, _checked: bool = False) -> None:
        self.control("ports").setText(port)

    def _public_toggled(self, on: bool) -> None:
        words = self.tr("Anybody who can reach this computer can then speak to it. Switch it off again afterwards.")
        self._fields["allow_public"].show_problem(words if on else "", "hint")

    def wipe(self) -> None:
        """Forget the password."""
        self.password.wipe()

    def take_focus(self) -> None:
        """Put the keyboard on the port."""
        self._fields["ports"].control.setFocus()

    # Problems

    def problem(self, name: str) -> str:
        """Return the sentence that is shown beside a field."""
        return self._fields[name].hint.text()

    def show_problems(self, problems: Iterable[FieldProblem]) -> None:
        """Show what is wrong beside its field, and open what it is hidden in."""
        first = ""
        for name, field in self._fields.items():
            found = next((problem for problem in problems if problem.field == name), None)
            field.show_problem(found.text if found else "", found.severity if found else "error")
            if found and found.severity == "error":
                first = first or name
        if first.startswith("relay"):
            self.relay.setChecked(True)
        if first:
            self._fields[first].control.setFocus()
            QTimer.singleShot(0, partial(self._scroll.ensureWidgetVisible, self._fields[first]))

    def show_port_problems(self, problems: Iterable[ListenProblem]) -> None:
        """Say beside the port why it can't be had, and what to do."""
        while (item := self._port_help_layout.takeAt(0)) is not None:
            if item.widget() is not None:
                item.widget().hide()
                item.widget().deleteLater()
        problems = tuple(problems)
        self._fields["ports"].show_problem("\n".join(f"{problem.title}. {problem.text}" for problem in problems))
        for problem in problems:
            for fix in problem.fixes:
                self._port_help_layout.addWidget(label(f"• {fix.text}", wrap=True, muted=True).selectable())
                if fix.command:
                    self._port_help_layout.addWidget(Command(fix.command))
        self._port_help.setVisible(self._port_help_layout.count() > 0)
