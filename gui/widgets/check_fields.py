"""How the technician's form is laid out: its fields from top to bottom, and the button under them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from gui.widgets.basics import Button, Choice, Fold, Section, Tick, label, unit
from gui.widgets.beyond_form import BeyondForm
from gui.widgets.field import beside
from gui.widgets.field_form import FieldForm
from gui.widgets.password_field import PasswordField
from gui.widgets.practice_note import PracticeNote


class CheckFields(FieldForm):
    """Makes the widgets; what they do is in `CheckForm`. Fields are called as in `core.request.FormValues`."""

    def _build(self) -> None:
        form, foot = self._frame()
        self.practice_note = PracticeNote()
        form.addWidget(self.practice_note)
        self.beyond = BeyondForm()
        form.addWidget(self.beyond)
        self._add_target(form)
        self._add_sign_in(form)
        self._add_message(form)
        self._add_advanced(form)
        form.addStretch(1)
        self.run_button = Button(self.tr("Run check"), primary=True, sign="play", key="F5")
        self.run_button.setAccessibleDescription(self.tr("Starts the check with these settings (F5)."))
        foot.addWidget(self.run_button)

    def _add_target(self, form: QVBoxLayout) -> None:
        top = QHBoxLayout()
        top.setSpacing(unit(self))
        title = label(self.tr("What should be tested?"), muted=True)
        top.addWidget(title)
        top.addStretch(1)
        self.recent_button = Button(self.tr("Recent"), quiet=True, sign="history")
        self.recent_button.setToolTip(self.tr("Fill in the form as for a recent check"))
        self.recent_button.hide()
        top.addWidget(self.recent_button)
        self.preset = Choice(self.tr("What should be tested?"))
        self.preset.addItem(self.tr("Own server"), "")
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
        form.addLayout(beside(server, port))
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
