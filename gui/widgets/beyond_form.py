"""Settings of an earlier check that the form has no field for: shown in words, used as they are, or taken away."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.widgets.basics import Button, label, unit

if TYPE_CHECKING:
    from core.request import FormValues

USUAL: dict[str, Any] = {
    "tls_min": "",
    "ciphers": "",
    "sni": True,
    "quit_after": "",
    "resolver": "",
    "dnsbl": None,
    "dns_evidence": True,
}
"""Fields of FormValues without a control in the form, with what they usually are."""


class BeyondForm(QWidget):
    """Holds those settings; hidden while all of them are as usual."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._values: dict[str, Any] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(unit(self) // 2)
        layout.addWidget(label(self.tr("Also set, as in the earlier check"), bold=True, wrap=True))
        self.words = label(wrap=True, muted=True)
        layout.addWidget(self.words)
        self.remove = Button(self.tr("Take these away"), quiet=True, sign="cross")
        self.remove.clicked.connect(self.clear)
        layout.addWidget(self.remove, 0, Qt.AlignmentFlag.AlignLeft)
        self.hide()

    def take(self, values: FormValues) -> None:
        """Take over what `values` say beyond the form."""
        self._show({name: getattr(values, name) for name, usual in USUAL.items() if getattr(values, name) != usual})

    def clear(self) -> None:
        """Let everything be as usual."""
        self._show({})

    def _show(self, values: dict[str, Any]) -> None:
        if values == self._values:
            return
        self._values = values
        self.words.setText("\n".join(self._sentences()))
        self.setVisible(bool(values))
        self.changed.emit()

    def added_to(self, values: FormValues) -> FormValues:
        """Return `values` of the form with these settings."""
        return replace(values, **self._values) if self._values else values

    def _sentences(self) -> list[str]:
        texts = {
            "tls_min": self.tr("At least TLS {value}"),
            "ciphers": self.tr("Cipher suites: {value}"),
            "sni": self.tr("The server’s name is not told in the handshake (no SNI)"),
            "quit_after": self.tr("The check ends after the stage {value}"),
            "resolver": self.tr("DNS server: {value}"),
            "dnsbl": self.tr("Blocklists: {value}"),
            "dns_evidence": self.tr("No DNS questions beside the conversation"),
        }
        lines = []
        for name, value in self._values.items():
            shown = ", ".join(value) if isinstance(value, tuple) else str(value)
            lines.append(texts[name].format(value=shown))
        return lines
