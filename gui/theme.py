"""Colours by meaning for light and dark, and fonts by the system's size; the only place that knows a colour.

The status colours tell passed from failed for all three kinds of colour-blindness and have at least
4.6 : 1 contrast on their card; a sign and a word always stand beside them.
"""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QStyle


class Colours(NamedTuple):
    """Every colour that the window uses, as ``#RRGGBB``."""

    window: str
    card: str
    border: str
    field_border: str
    text: str
    muted: str
    faint: str
    accent: str
    accent_hover: str
    on_accent: str
    hover: str
    chosen: str
    passed: str
    warning: str
    failed: str
    running: str
    on_status: str
    passed_tint: str
    warning_tint: str
    failed_tint: str
    running_tint: str
    find_match: str


LIGHT = Colours(
    window="#F2F4F6",
    card="#FFFFFF",
    border="#DDE2E7",
    field_border="#858D97",
    text="#1B1F24",
    muted="#59626D",
    faint="#6B747F",
    accent="#1D4F9E",
    accent_hover="#174286",
    on_accent="#FFFFFF",
    hover="#EDF0F3",
    chosen="#E1E8F1",
    passed="#0B7A75",
    warning="#8A6A00",
    failed="#9B1C1C",
    running="#1D4F9E",
    on_status="#FFFFFF",
    passed_tint="#E6F4F2",
    warning_tint="#FFF6DB",
    failed_tint="#FDEBEB",
    running_tint="#EAF0F9",
    find_match="#FFE58A",
)

DARK = Colours(
    window="#15181C",
    card="#1D2126",
    border="#343A42",
    field_border="#7D8691",
    text="#E8EAED",
    muted="#A9B1BB",
    faint="#959EA9",
    accent="#6EA0E0",
    accent_hover="#86B1E8",
    on_accent="#0D1724",
    hover="#272C33",
    chosen="#2A3442",
    passed="#5EEAD4",
    warning="#FACC3D",
    failed="#F2777A",
    running="#6EA0E0",
    on_status="#14171A",
    passed_tint="#18302D",
    warning_tint="#332C14",
    failed_tint="#3B2124",
    running_tint="#1D2A3C",
    find_match="#6B5A12",
)

_SCHEMES = {
    "system": Qt.ColorScheme.Unknown,
    "light": Qt.ColorScheme.Light,
    "dark": Qt.ColorScheme.Dark,
}
SCHEME_CHOICES = tuple(_SCHEMES)

_FIXED_FAMILIES = ["Cascadia Mono", "Consolas", "Menlo", "DejaVu Sans Mono", "Liberation Mono"]


class Theme(QObject):
    """Applies the palette and tells widgets that paint themselves when the colours changed."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.colours = LIGHT
        self.is_dark = False
        self.reduce_motion = False
        self._choice = "system"
        self._fixed: QFont | None = None

    def install(self, application: QApplication, choice: str = "system") -> None:
        """Set style and palette and follow the system's colour scheme; `choice` is a word of SCHEME_CHOICES."""
        application.setStyle("Fusion")
        font = application.font()
        if 0 < font.pointSizeF() < 9.75:
            font.setPointSizeF(9.75)
            application.setFont(font)
        application.styleHints().colorSchemeChanged.connect(self._apply)
        self.choose(choice)

    @property
    def choice(self) -> str:
        """What the user chose: system, light or dark."""
        return self._choice

    def choose(self, choice: str) -> None:
        """Follow the system, or stay light or dark; an unknown word means the system."""
        self._choice = choice if choice in _SCHEMES else "system"
        hints = QGuiApplication.styleHints()
        if self._choice == "system":
            hints.unsetColorScheme()
        else:
            hints.setColorScheme(_SCHEMES[self._choice])
        self._apply()

    def _apply(self) -> None:
        scheme = _SCHEMES[self._choice]
        if scheme is Qt.ColorScheme.Unknown:
            scheme = QGuiApplication.styleHints().colorScheme()
        self.is_dark = scheme is Qt.ColorScheme.Dark
        self.colours = DARK if self.is_dark else LIGHT
        palette = _palette(self.colours)
        if QGuiApplication.palette() != palette:
            QApplication.setPalette(palette)
        self.changed.emit()

    def colour(self, name: str) -> QColor:
        """Return the colour of that meaning, a field name of `Colours`."""
        return QColor(getattr(self.colours, name))

    def fixed_font(self) -> QFont:
        """Return the monospaced font for the transcript and for commands, in the window's size."""
        if self._fixed is None:
            available = set(QFontDatabase.families())
            system = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
            families = [family for family in _FIXED_FAMILIES if family in available]
            font = QFont(system)
            if families:
                font.setFamilies(families)
            font.setStyleHint(QFont.StyleHint.Monospace)
            font.setPointSizeF(QApplication.font().pointSizeF())
            self._fixed = font
        return QFont(self._fixed)

    def moves(self) -> bool:
        """Whether small movements are welcome: not if the system or the user switched them off."""
        animated = QApplication.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) > 0
        return animated and not self.reduce_motion


def _palette(colours: Colours) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for which, name in {
        role.Window: colours.window,
        role.WindowText: colours.text,
        role.Base: colours.card,
        role.AlternateBase: colours.hover,
        role.ToolTipBase: colours.card,
        role.ToolTipText: colours.text,
        role.Text: colours.text,
        role.PlaceholderText: colours.faint,
        role.Button: colours.card,
        role.ButtonText: colours.text,
        role.BrightText: colours.on_accent,
        role.Highlight: colours.accent,
        role.HighlightedText: colours.on_accent,
        role.Link: colours.accent,
        role.LinkVisited: colours.accent,
        role.Light: colours.card,
        role.Midlight: colours.hover,
        role.Mid: colours.border,
        role.Dark: colours.field_border,
        role.Shadow: colours.field_border,
        role.Accent: colours.accent,
    }.items():
        palette.setColor(which, QColor(name))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(colours.faint))
    palette.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(colours.border))
    palette.setColor(QPalette.ColorGroup.Disabled, role.HighlightedText, QColor(colours.muted))
    return palette


theme = Theme()
