"""The technician's form: what is tested, with each problem beside its field. `CheckFields` lays it out."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QMenu

from gui.models.presets import SENDER_DOMAIN_MX, Catalogue, PresetChoice
from gui.widgets.basics import Choice, Tick
from gui.widgets.check_fields import CheckFields
from gui.widgets.field_form import worst_problems

if TYPE_CHECKING:
    from core.request import FormValues, Parsed

VALIDATE_MS = 180
"""After the last key, so long until the fields are looked at."""

_STORED = ("server", "port", "security", "ehlo", "user", "sender", "send", "ip", "timeout", "deadline", "mechanism")


class CheckForm(CheckFields):
    """Collects what is to be checked. `run_wanted` and `cancel_wanted` come from the button and the Enter key."""

    run_wanted = Signal()
    cancel_wanted = Signal()
    mx_wanted = Signal(str)
    """The MX of this domain is needed for the chosen preset."""
    practice_ended = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._catalogue = Catalogue()
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
        self._running = False
        self._build()
        self._connect()

    def _connect(self) -> None:
        self.practice_note.ended.connect(self.practice_ended)
        self.beyond.changed.connect(lambda: self._edited("beyond"))
        self.recent_button.clicked.connect(self._open_recent)
        self.preset.activated.connect(self._preset_chosen)
        self.sign_in.toggled.connect(self._sign_in_toggled)
        self.run_button.clicked.connect(self._button)

    # Values

    def values(self) -> FormValues:
        """Return what is typed, as it stands."""
        from core.request import FormValues

        signs_in = self.sign_in.isChecked()
        values = FormValues(
            server=self.value("server"),
            port=self.value("port"),
            security=self.value("security"),
            ehlo=self.value("ehlo"),
            user=self.value("user") if signs_in else "",
            password=self.password.secret() if signs_in else None,
            mechanism=self.value("mechanism") if signs_in else "auto",
            sender=self.value("sender"),
            recipients=split_recipients(self.value("recipients")),
            send=self.value("send"),
            attach_size=self.value("attach_size") if self.value("send") else "",
            timeout=self.value("timeout"),
            deadline=self.value("deadline"),
            ip=self.value("ip"),
            ca_file=self.value("ca_file"),
            verify=self.value("verify"),
            allow_plaintext_auth=self.value("allow_plaintext_auth"),
            tls_max=self.value("tls_max"),
            device=self.value("device"),
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
        values: dict[str, Any] = {name: self.value(name) for name in _STORED}
        values["recipients"] = self.value("recipients")
        values["sign_in"] = self.sign_in.isChecked()
        values["preset"] = self.preset.currentData() or ""
        values.update({name: self.value(name) for name in ("verify", "tls_max", "device", "ca_file")})
        return values

    def restore(self, stored: dict[str, Any]) -> None:
        """Show what `stored` returned earlier; unknown or missing entries are passed over."""
        self._filling = True
        self.beyond.clear()
        for name in (*_STORED, "recipients", "verify", "tls_max", "device", "ca_file"):
            value = stored.get(name)
            if isinstance(value, bool if isinstance(self.control(name), Tick) else str):
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
        (self.preset if self.value("server") else self.control("server")).setFocus()

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
        device: Choice = self.control("device")
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
            self.control("server").setFocus()
            return
        self._filling = True
        self.set_value("port", str(preset.port))
        self.set_value("security", preset.security)
        if SENDER_DOMAIN_MX in preset.server:
            self.set_value("server", self._mx.get(self._sender_domain(), ""))
        elif preset.server:
            self.set_value("server", preset.server)
        self.sign_in.setChecked(preset.sign_in)
        if preset.sign_in and not self.value("user") and self.value("sender"):
            self.set_value("user", self.value("sender"))
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
        server, port = self.value("server").strip().lower(), self.value("port").strip()
        index = self.preset.count() - 1
        for preset in self._catalogue.presets:
            if server and preset.server == server and str(preset.port) == port:
                index = self.preset.findData(preset.id)
                break
        self.preset.setCurrentIndex(index)
        self._explain()

    def _sender_domain(self) -> str:
        return str(self.value("sender")).rpartition("@")[2].strip().strip(">").lower()

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
        self.practice_note.show_lesson(scenario)
        if scenario is not None:
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
        if on and not self._filling and not self.value("user") and self.value("sender"):
            self.set_value("user", self.value("sender"))
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
        if self.value(name):
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
        worst = worst_problems(parsed.problems)
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
        return preset is not None and SENDER_DOMAIN_MX in preset.server and not self.value("server")

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
                control = self.control(first)
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
