"""The technician's form: what is tested, with each problem beside its field."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from gui.models.presets import SENDER_DOMAIN_MX, Catalogue, PresetChoice
from gui.widgets.basics import Button, Card, Choice, Fold, Section, TextField, Tick, label, unit
from gui.widgets.beyond_form import BeyondForm
from gui.widgets.field import Field
from gui.widgets.field_hint import FieldHint
from gui.widgets.password_field import PasswordField
from gui.widgets.scrolling import scroll_area

if TYPE_CHECKING:
    from core.request import FieldProblem, FormValues, Parsed

VALIDATE_MS = 180
"""After the last key, so long until the fields are looked at."""

_STORED = ("server", "port", "security", "ehlo", "user", "sender", "send", "ip", "timeout", "deadline", "mechanism")


class CheckForm(Card):
    """Collects what is to be checked. `run_wanted` and `cancel_wanted` come from the button and the Enter key."""

    run_wanted = Signal()
    cancel_wanted = Signal()
    mx_wanted = Signal(str)
    """The MX of this domain is needed for the chosen preset."""
    practice_ended = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._catalogue = Catalogue()
        self._fields: dict[str, Field] = {}
        self._touched: set[str] = set()
        self._attempted = False
        self._filling = False
        self._mx: dict[str, str] = {}
        self._practice: Any = None
        self._before_practice: dict[str, Any] = {}
        self._recent: list[dict[str, Any]] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(VALIDATE_MS)
        self._timer.timeout.connect(self.validate)
        self._build()

    # Building

    def _build(self) -> None:
        base = unit(self)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 1, 1, 1)
        outer.setSpacing(0)
        inner = QWidget()
        form = QVBoxLayout(inner)
        form.setContentsMargins(base * 2, base * 2, base * 2, base)
        form.setSpacing(round(base * 1.25))
        self._add_practice(form)
        self.beyond = BeyondForm()
        self.beyond.changed.connect(lambda: self._edited("beyond"))
        form.addWidget(self.beyond)
        self._add_target(form)
        self._add_sign_in(form)
        self._add_message(form)
        self._add_advanced(form)
        form.addStretch(1)
        self._scroll = scroll_area(inner)
        outer.addWidget(self._scroll, 1)

        bottom = QWidget()
        foot = QVBoxLayout(bottom)
        foot.setContentsMargins(base * 2, base, base * 2, base * 2)
        foot.setSpacing(base)
        self.trouble = FieldHint()
        foot.addWidget(self.trouble)
        self.run_button = Button(self.tr("Run check"), primary=True, sign="play", key="F5")
        self.run_button.setAccessibleDescription(self.tr("Starts the check with these settings (F5)."))
        self.run_button.clicked.connect(self._button)
        foot.addWidget(self.run_button)
        outer.addWidget(bottom)
        self._running = False

    def _add(self, name: str, field: Field) -> Field:
        self._fields[name] = field
        return field

    def _text(
        self, name: str, title: str, *, placeholder: str = "", help_text: str = "", control: TextField | None = None
    ) -> Field:
        control = control or TextField(title, placeholder=placeholder)
        control.textEdited.connect(lambda _text, name=name: self._edited(name))
        control.left.connect(lambda name=name: self._left(name))
        control.returnPressed.connect(self._enter)
        return self._add(name, Field(title, control, help_text=help_text))

    def _choice(self, name: str, title: str, choices: list[tuple[str, str]], *, help_text: str = "") -> Field:
        control = Choice(title)
        for value, words in choices:
            control.addItem(words, value)
        control.currentIndexChanged.connect(lambda _index, name=name: self._edited(name))
        return self._add(name, Field(title, control, help_text=help_text))

    def _tick(self, name: str, title: str, *, help_text: str = "") -> Field:
        control = Tick(title)
        control.toggled.connect(lambda _on, name=name: self._edited(name))
        return self._add(name, Field(title, control, help_text=help_text))

    def _add_practice(self, form: QVBoxLayout) -> None:
        self.practice_note = QWidget()
        layout = QVBoxLayout(self.practice_note)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(unit(self) // 2)
        self._practice_title = label(bold=True, wrap=True)
        self._practice_title.set_colour("running")
        self._practice_text = label(wrap=True, muted=True)
        end = Button(self.tr("End practice"))
        end.clicked.connect(self.practice_ended)
        layout.addWidget(self._practice_title)
        layout.addWidget(self._practice_text)
        layout.addWidget(end, 0, Qt.AlignmentFlag.AlignLeft)
        self.practice_note.hide()
        form.addWidget(self.practice_note)

    def _add_target(self, form: QVBoxLayout) -> None:
        top = QHBoxLayout()
        top.setSpacing(unit(self))
        title = label(self.tr("What should be tested?"), muted=True)
        top.addWidget(title)
        top.addStretch(1)
        self.recent_button = Button(self.tr("Recent"), quiet=True, sign="history")
        self.recent_button.setToolTip(self.tr("Fill in the form as for a recent check"))
        self.recent_button.clicked.connect(self._open_recent)
        self.recent_button.hide()
        top.addWidget(self.recent_button)
        self.preset = Choice(self.tr("What should be tested?"))
        self.preset.addItem(self.tr("Own server"), "")
        self.preset.activated.connect(self._preset_chosen)
        title.setBuddy(self.preset)
        block = QVBoxLayout()
        block.setSpacing(unit(self) // 2)
        block.addLayout(top)
        block.addWidget(self.preset)
        self.explanation = label(wrap=True, muted=True, scale=0.94)
        self.explanation.hide()
        block.addWidget(self.explanation)
        form.addLayout(block)

        form.addWidget(Section(self.tr("Server")))
        row = QGridLayout()
        row.setHorizontalSpacing(unit(self))
        server = self._text(
            "server",
            self.tr("Server name"),
            placeholder="smtp.office365.com",
            help_text=self.tr("The mail server’s name or IP address, as it is set in the copier."),
        )
        port = self._text(
            "port",
            self.tr("Port"),
            placeholder="587",
            help_text=self.tr("25 for Direct Send and relays, 587 for sign-in with STARTTLS, 465 for TLS."),
        )
        port.control.setFixedWidth(self.fontMetrics().horizontalAdvance("00000") + unit(self) * 4)
        row.addWidget(server, 0, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(port, 0, 1, Qt.AlignmentFlag.AlignTop)
        row.setColumnStretch(0, 1)
        form.addLayout(row)
        form.addWidget(
            self._choice(
                "security",
                self.tr("Encryption"),
                [
                    ("auto", self.tr("Automatic, where offered")),
                    ("starttls", self.tr("STARTTLS")),
                    ("tls", self.tr("TLS from the first byte (465)")),
                    ("none", self.tr("None")),
                ],
                help_text=self.tr("How the copier encrypts the connection."),
            )
        )

    def _add_sign_in(self, form: QVBoxLayout) -> None:
        form.addWidget(Section(self.tr("Sign-in")))
        self.sign_in = Tick(
            self.tr("The device signs in with a user name"),
            description=self.tr("Opens the fields for user name and password."),
        )
        self.sign_in.toggled.connect(self._sign_in_toggled)
        form.addWidget(self.sign_in)
        self._sign_in_box = QWidget()
        box = QVBoxLayout(self._sign_in_box)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(unit(self))
        box.addWidget(
            self._text(
                "user",
                self.tr("User name"),
                placeholder="scanner@contoso.com",
                help_text=self.tr("Usually the complete address of the mailbox that the copier signs in with."),
            )
        )
        title = self.tr("Password (kept only until you close)")
        self.password = PasswordField(
            title,
            description=self.tr("Sent to the mail server only, over an encrypted connection. It is never stored."),
        )
        box.addWidget(self._text("password", title, control=self.password))
        self._sign_in_box.hide()
        form.addWidget(self._sign_in_box)

    def _add_message(self, form: QVBoxLayout) -> None:
        form.addWidget(Section(self.tr("Message")))
        form.addWidget(
            self._text(
                "sender",
                self.tr("Sender (the “From” address on the device)"),
                placeholder="scanner@contoso.com",
                help_text=self.tr("The address that the copier sends from."),
            )
        )
        form.addWidget(
            self._text(
                "recipients",
                self.tr("Recipients, separated by commas"),
                placeholder="maria@contoso.com",
                help_text=self.tr("One or several addresses. One inside and one outside the company tell most."),
            )
        )
        form.addWidget(
            self._text(
                "ehlo",
                self.tr("Name given with EHLO"),
                placeholder=self.tr("this computer’s name"),
                help_text=self.tr("The name the device gives for itself. Empty: this computer’s name."),
            )
        )
        form.addWidget(
            self._tick(
                "send",
                self.tr("Really send a test message"),
                help_text=self.tr("Otherwise the check ends after RCPT TO, and nothing is sent."),
            )
        )

    def _add_advanced(self, form: QVBoxLayout) -> None:
        self.advanced = Fold(self.tr("Advanced"))
        self.advanced.setAccessibleDescription(self.tr("Shows timeouts, certificate check and other settings."))
        line = QHBoxLayout()
        line.addWidget(self.advanced)
        line.addStretch(1)
        form.addLayout(line)
        self._advanced_box = QWidget()
        box = QVBoxLayout(self._advanced_box)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(round(unit(self) * 1.25))
        times = QGridLayout()
        times.setHorizontalSpacing(unit(self))
        reply = self._text("timeout", self.tr("Seconds for a reply"), placeholder="20")
        whole = self._text("deadline", self.tr("Seconds in all"), placeholder="120")
        times.addWidget(reply, 0, 0, Qt.AlignmentFlag.AlignTop)
        times.addWidget(whole, 0, 1, Qt.AlignmentFlag.AlignTop)
        box.addLayout(times)
        self._device = self._choice(
            "device",
            self.tr("Talk like this device"),
            [("", self.tr("This computer, without limits"))],
            help_text=self.tr("Limits encryption and sign-in to what that device can do."),
        )
        box.addWidget(self._device)
        box.addWidget(
            self._choice(
                "tls_max",
                self.tr("Highest TLS version"),
                [
                    ("", self.tr("No limit")),
                    ("1.2", "TLS 1.2"),
                    ("1.1", "TLS 1.1"),
                    ("1.0", "TLS 1.0"),
                ],
                help_text=self.tr("Old copiers know only old versions; many servers refuse those."),
            )
        )
        box.addWidget(
            self._choice(
                "mechanism",
                self.tr("Way of signing in"),
                [
                    ("auto", self.tr("Automatic")),
                    ("plain", "PLAIN"),
                    ("login", "LOGIN"),
                    ("cram-md5", "CRAM-MD5"),
                ],
            )
        )
        box.addWidget(
            self._choice(
                "ip",
                self.tr("IP version"),
                [("auto", self.tr("Both")), ("4", self.tr("IPv4 only")), ("6", self.tr("IPv6 only"))],
            )
        )
        box.addWidget(
            self._text(
                "attach_size",
                self.tr("Size of an attachment"),
                placeholder="5M",
                help_text=self.tr("For a message that is really sent: as large as a scan, such as 5M."),
            )
        )
        box.addWidget(
            self._text(
                "ca_file",
                self.tr("Also trust this certificate (PEM file)"),
                help_text=self.tr("The path of a file with a company’s own root certificate."),
            )
        )
        verify = self._tick(
            "verify",
            self.tr("Stop if the certificate is not trusted"),
            help_text=self.tr("Many copiers do not look. Without this tick the check goes on, with a warning."),
        )
        verify.control.setChecked(True)  # type: ignore[attr-defined]
        box.addWidget(verify)
        box.addWidget(
            self._tick(
                "allow_plaintext_auth",
                self.tr("Allow sign-in without encryption"),
                help_text=self.tr("The password can then be read on the way. Only for a test in your own network."),
            )
        )
        self._advanced_box.hide()
        self.advanced.toggled.connect(self._advanced_box.setVisible)
        form.addWidget(self._advanced_box)

    # Values

    def _control(self, name: str) -> Any:
        return self._fields[name].control

    def _value(self, name: str) -> Any:
        control = self._control(name)
        if isinstance(control, TextField):
            return control.text()
        if isinstance(control, Tick):
            return control.isChecked()
        return control.currentData() or ""

    def set_value(self, name: str, value: Any) -> None:
        """Put `value` into the field called `name` (a name of FormValues)."""
        control = self._control(name)
        if isinstance(control, TextField):
            control.setText(str(value))
            control.setCursorPosition(0)
        elif isinstance(control, Tick):
            control.setChecked(bool(value))
        else:
            index = control.findData(value)
            control.setCurrentIndex(max(0, index))

    def values(self) -> FormValues:
        """Return what is typed, as it stands."""
        from core.request import FormValues

        signs_in = self.sign_in.isChecked()
        values = FormValues(
            server=self._value("server"),
            port=self._value("port"),
            security=self._value("security"),
            ehlo=self._value("ehlo"),
            user=self._value("user") if signs_in else "",
            password=self.password.secret() if signs_in else None,
            mechanism=self._value("mechanism") if signs_in else "auto",
            sender=self._value("sender"),
            recipients=split_recipients(self._value("recipients")),
            send=self._value("send"),
            attach_size=self._value("attach_size") if self._value("send") else "",
            timeout=self._value("timeout"),
            deadline=self._value("deadline"),
            ip=self._value("ip"),
            ca_file=self._value("ca_file"),
            verify=self._value("verify"),
            allow_plaintext_auth=self._value("allow_plaintext_auth"),
            tls_max=self._value("tls_max"),
            device=self._value("device"),
            dns_evidence=self._practice is None,
        )
        return self.beyond.added_to(values)

    def fill(self, values: FormValues) -> None:
        """Show `values`; a password in them is put into its field."""
        self._filling = True
        for name in ("server", "port", "security", "ehlo", "user", "mechanism", "sender", "send", "attach_size"):
            self.set_value(name, getattr(values, name))
        for name in ("timeout", "deadline", "ip", "verify", "allow_plaintext_auth", "tls_max", "device", "ca_file"):
            self.set_value(name, getattr(values, name))
        if values.tls_max:
            self.advanced.setChecked(True)  # a limit that nobody sees would be taken for the server's fault
        self.set_value("recipients", ", ".join(values.recipients))
        self.sign_in.setChecked(bool(values.user or values.password))
        self.password.setText(values.password.reveal() if values.password else "")
        self.beyond.take(values if self._practice is None else replace(values, dns_evidence=True))
        self._filling = False
        self._select_matching_preset()
        self._touched.clear()
        self._attempted = False
        self.validate()

    def stored(self) -> dict[str, Any]:
        """Return what may be written to the settings: everything but the password."""
        values: dict[str, Any] = {name: self._value(name) for name in _STORED}
        values["recipients"] = self._value("recipients")
        values["sign_in"] = self.sign_in.isChecked()
        values["preset"] = self.preset.currentData() or ""
        values.update({name: self._value(name) for name in ("verify", "tls_max", "device", "ca_file")})
        return values

    def restore(self, stored: dict[str, Any]) -> None:
        """Show what `stored` returned earlier; unknown or missing entries are passed over."""
        self._filling = True
        self.beyond.clear()
        for name in (*_STORED, "recipients", "verify", "tls_max", "device", "ca_file"):
            value = stored.get(name)
            if isinstance(value, bool if isinstance(self._control(name), Tick) else str):
                self.set_value(name, value)
        self.sign_in.setChecked(stored.get("sign_in") is True)
        self._filling = False
        preset = stored.get("preset")
        index = self.preset.findData(preset) if preset else -1
        if index > 0:
            self.preset.setCurrentIndex(index)
            self._explain()
        else:
            self._select_matching_preset()
        self._touched.clear()
        self._attempted = False
        self._timer.start()  # not at once: the first look at the fields brings in what the window starts without

    def wipe(self) -> None:
        """Forget the password."""
        self.password.wipe()

    def take_focus(self) -> None:
        """Put the keyboard on what is to be filled in first."""
        (self.preset if self._value("server") else self._control("server")).setFocus()

    # Presets, devices, practice, recent checks

    def set_catalogue(self, catalogue: Catalogue) -> None:
        """Offer these presets and devices."""
        self._catalogue = catalogue
        chosen = self.preset.currentData()
        self.preset.clear()
        for preset in catalogue.presets:
            self.preset.addItem(preset.title, preset.id)
        self.preset.addItem(self.tr("Own server"), "")
        index = self.preset.findData(chosen) if chosen else self.preset.count() - 1
        self.preset.setCurrentIndex(index if index >= 0 else self.preset.count() - 1)
        device: Choice = self._control("device")
        for entry in catalogue.devices:
            device.addItem(entry.title, entry.id)
        if not chosen:
            self._select_matching_preset()
        self._explain()

    def _preset(self) -> PresetChoice | None:
        identifier = self.preset.currentData()
        return next((preset for preset in self._catalogue.presets if preset.id == identifier), None)

    def choose_preset(self, identifier: str) -> None:
        """Choose a preset as if somebody had picked it."""
        self.preset.setCurrentIndex(self.preset.findData(identifier))
        self._preset_chosen()

    def _preset_chosen(self) -> None:
        preset = self._preset()
        self._explain()
        if preset is None:
            self._control("server").setFocus()
            return
        self._filling = True
        self.set_value("port", str(preset.port))
        self.set_value("security", preset.security)
        if SENDER_DOMAIN_MX in preset.server:
            self.set_value("server", self._mx.get(self._sender_domain(), ""))
        elif preset.server:
            self.set_value("server", preset.server)
        self.sign_in.setChecked(preset.sign_in)
        if preset.sign_in and not self._value("user") and self._value("sender"):
            self.set_value("user", self._value("sender"))
        self._filling = False
        self._ask_mx()
        self.validate()

    def _explain(self) -> None:
        preset = self._preset()
        text = preset.explanation if preset else ""
        self.explanation.setText(text)
        self.explanation.setVisible(bool(text))
        self.preset.setAccessibleDescription(text)
        self.preset.setToolTip(preset.title if preset else "")

    def _select_matching_preset(self) -> None:
        server, port = self._value("server").strip().lower(), self._value("port").strip()
        index = self.preset.count() - 1
        for preset in self._catalogue.presets:
            if server and preset.server == server and str(preset.port) == port:
                index = self.preset.findData(preset.id)
                break
        self.preset.setCurrentIndex(index)
        self._explain()

    def _sender_domain(self) -> str:
        return str(self._value("sender")).rpartition("@")[2].strip().strip(">").lower()

    def _ask_mx(self) -> None:
        preset = self._preset()
        domain = self._sender_domain()
        if preset is None or SENDER_DOMAIN_MX not in preset.server or self._practice is not None:
            return
        if not re.fullmatch(r"[^\s@]+\.[^\s@.]+", domain):
            self._fields["server"].show_problem(
                self.tr("The server is worked out from the sender’s domain: enter the sender first."), "hint"
            )
            return
        if domain in self._mx:
            self._show_mx(domain)
            return
        self._fields["server"].show_problem(self.tr("Looking up the mail server of {d} …").format(d=domain), "hint")
        self.mx_wanted.emit(domain)

    def mx_found(self, domain: str, server: str, problem: str = "") -> None:
        """Take the answer to `mx_wanted`: a server, or why there is none."""
        if server:
            self._mx[domain] = server
        if domain != self._sender_domain():
            return
        if server:
            self._show_mx(domain)
        else:
            self._fields["server"].show_problem(problem, "hint")

    def _show_mx(self, domain: str) -> None:
        preset = self._preset()
        if preset is None or SENDER_DOMAIN_MX not in preset.server:
            return
        self._filling = True
        self.set_value("server", self._mx[domain])
        self._filling = False
        self.validate()

    def set_practice(self, scenario: Any) -> None:
        """Show that the next checks go to a practice server; None brings back what stood here before."""
        if self._practice is None:
            self._before_practice = self.stored()
        self._practice = scenario
        self.practice_note.setVisible(scenario is not None)
        if scenario is not None:
            self._practice_title.setText(self.tr("Practice: {title}").format(title=scenario.title))
            self._practice_text.setText(
                self.tr("{summary}\nEverything stays on this computer.").format(summary=scenario.summary)
            )
            self.fill(scenario.form())
            self._scroll.verticalScrollBar().setValue(0)
        else:
            self.wipe()
            self.restore(self._before_practice)

    @property
    def practice(self) -> Any:
        """The practice scenario in use, None for real servers."""
        return self._practice

    def set_recent(self, recent: list[dict[str, Any]]) -> None:
        """Offer these earlier checks (as `stored` returned them, with a "title")."""
        self._recent = recent
        self.recent_button.setVisible(bool(recent))

    def _open_recent(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for entry in self._recent:
            title = str(entry.get("title", "")).replace("&", "&&")
            menu.addAction(title, lambda entry=entry: self.restore(entry))
        menu.popup(self.recent_button.mapToGlobal(self.recent_button.rect().bottomLeft()))

    # Problems

    def _sign_in_toggled(self, on: bool) -> None:
        self._sign_in_box.setVisible(on)
        if on and not self._filling and not self._value("user") and self._value("sender"):
            self.set_value("user", self._value("sender"))
        self._edited("user")

    def _edited(self, name: str) -> None:
        if self._filling:
            return
        if name in {"server", "port", "security"} and self._preset() is not None:
            self._leave_preset(name)
        self._timer.start()

    def _leave_preset(self, name: str) -> None:
        preset = self._preset()
        assert preset is not None
        follows_mx = name == "server" and SENDER_DOMAIN_MX in preset.server
        if not follows_mx:
            self.preset.setCurrentIndex(self.preset.count() - 1)
            self._explain()

    def _left(self, name: str) -> None:
        if self._value(name):
            self._touched.add(name)
            self.validate()
        if name == "sender":
            self._ask_mx()

    def parse(self) -> Parsed:
        """Return the request, or the problems of what is typed."""
        from core.request import parse

        return parse(self.values(), self._catalogue.limits)

    def validate(self) -> Parsed:
        """Show problems beside fields that were left, and all once a check was wanted."""
        parsed = self.parse()
        worst: dict[str, FieldProblem] = {}
        for problem in parsed.problems:
            if problem.field not in worst or worst[problem.field].severity == "hint":
                worst[problem.field] = problem
        for name, field in self._fields.items():
            found = worst.get(name)
            if found is not None and (self._attempted or self._is_due(name)):
                field.show_problem(found.text, found.severity)
            elif not (name == "server" and self._waits_for_mx()):
                field.show_problem("")
        if self._attempted:
            self._show_trouble(parsed)
        return parsed

    def _is_due(self, name: str) -> bool:
        if name in self._touched:
            return True
        return name in {"security", "ip"} and bool(self._touched & {"server", "port"})

    def _waits_for_mx(self) -> bool:
        preset = self._preset()
        return preset is not None and SENDER_DOMAIN_MX in preset.server and not self._value("server")

    def _show_trouble(self, parsed: Parsed) -> None:
        names = list(
            dict.fromkeys(
                self._fields[problem.field].name if problem.field in self._fields else problem.text
                for problem in parsed.errors
            )
        )
        self.trouble.show_problem(
            self.tr("Before the check can run: {names}").format(names=", ".join(names)) if names else ""
        )

    def attempt(self) -> Parsed:
        """Show all problems, put the keyboard on the first field that has one, and return what is parsed."""
        self._attempted = True
        parsed = self.validate()
        if parsed.errors:
            advanced = [
                name
                for name in self._fields
                if self._advanced_box.isAncestorOf(self._fields[name])
                and any(problem.field == name for problem in parsed.errors)
            ]
            if advanced:
                self.advanced.setChecked(True)
            first = next((name for name in self._fields if any(p.field == name for p in parsed.errors)), None)
            if first is not None:
                control = self._control(first)
                control.setFocus(Qt.FocusReason.OtherFocusReason)
                self._scroll.ensureWidgetVisible(self._fields[first])
        else:
            self._attempted = False
            self.trouble.show_problem("")
        return parsed

    # Running

    def _enter(self) -> None:
        if not self._running:
            self.run_wanted.emit()

    def _button(self) -> None:
        if self._running:
            self.cancel_wanted.emit()
        else:
            self.run_wanted.emit()

    def set_running(self, running: bool, *, cancelling: bool = False) -> None:
        """Turn the button into Cancel while a check runs; the fields stay open for the next one."""
        self._running = running
        if cancelling:
            self.run_button.set_look(self.tr("Ending …"), primary=False, sign="stop")
        elif running:
            self.run_button.set_look(self.tr("Cancel"), primary=False, sign="stop", key="Esc")
        else:
            self.run_button.set_look(self.tr("Run check"), primary=True, sign="play", key="F5")
        description = self.tr("Ends the check (Esc).") if running else self.tr("Starts the check (F5).")
        self.run_button.setAccessibleDescription(description)


def split_recipients(typed: str) -> tuple[str, ...]:
    """Return the single addresses in a line separated by commas, semicolons or line ends."""
    return tuple(part.strip() for part in re.split(r"[,;\n]+", typed) if part.strip())
