"""The preview of the share dialog: exactly what will leave, and what is hidden in it.

A page is shown by a text document that loads nothing and follows no link; everything else as plain text.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QFont, QPalette, QTextOption
from PySide6.QtWidgets import QPlainTextEdit, QStackedWidget, QTextEdit, QVBoxLayout, QWidget

from gui.printing import InertDocument
from gui.theme import theme
from gui.widgets.announce import announce
from gui.widgets.basics import Button, Card, Fold, label, unit
from gui.widgets.scrolling import SlimScrollBar

MAX_SHOWN = 400_000
"""Characters of plain text that the preview shows; a longer text is shown up to there, and says so."""

PAPER, INK = "#ffffff", "#1a1d21"
"""A page is white in dark colours too, since it will be on paper."""


class SharePreview(Card):
    """Shows the document, or why there is none."""

    built_in_wanted = Signal()
    """The built-in template is to be used instead of a broken one."""

    def __init__(self) -> None:
        super().__init__()
        base = unit(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(base * 2, base * 2, base * 2, base * 2)
        layout.setSpacing(base)
        self.heading = label(self.tr("This is what will be shared"), bold=True, wrap=True)
        layout.addWidget(self.heading)
        self._pages = QStackedWidget()
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setFont(theme.fixed_font())
        self.text.setVerticalScrollBar(SlimScrollBar())
        self.text.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.text.setAccessibleName(self.tr("Preview as text"))
        self.page = QTextEdit()
        self.page.setReadOnly(True)
        self.page.setTabChangesFocus(True)
        self.page.setVerticalScrollBar(SlimScrollBar())
        self.page.setAccessibleName(self.tr("Preview of the page"))
        self.page.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        palette = self.page.palette()
        palette.setColor(QPalette.ColorRole.Base, QColor(PAPER))
        palette.setColor(QPalette.ColorRole.Text, QColor(INK))
        self.page.setPalette(palette)
        self._document = InertDocument(self.page)
        self._document.setDocumentMargin(base * 2.5)
        self.page.setDocument(self._document)
        self._pages.addWidget(self.text)
        self._pages.addWidget(self.page)
        self._pages.addWidget(self._trouble())
        layout.addWidget(self._pages, 1)
        self.hidden_fold = Fold(self.tr("What is hidden"))
        self.hidden = QPlainTextEdit()
        self.hidden.setReadOnly(True)
        self.hidden.setTabChangesFocus(True)
        self.hidden.setVerticalScrollBar(SlimScrollBar())
        self.hidden.setAccessibleName(self.tr("What is hidden, and what stands in its place"))
        self.hidden.setMaximumHeight(self.fontMetrics().height() * 7)
        self.hidden.hide()
        self.hidden_fold.toggled.connect(self.hidden.setVisible)
        self.hidden_fold.hide()
        layout.addWidget(self.hidden_fold)
        layout.addWidget(self.hidden)
        self.status = label("", muted=True, wrap=True)
        self.status.hide()
        layout.addWidget(self.status)

    def _trouble(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setSpacing(unit(self))
        self.trouble = label("", wrap=True).selectable()
        self.trouble.set_colour("failed")
        layout.addWidget(self.trouble)
        self.built_in = Button(self.tr("Use the built-in template"))
        self.built_in.clicked.connect(self.built_in_wanted)
        layout.addWidget(self.built_in, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addStretch(1)
        return page

    def show_document(
        self, form: str, texts: dict[str, str], hidden: tuple[tuple[str, str], ...], *, redacted: bool
    ) -> None:
        """Show the document in `form`; `hidden` are the words that are left out, with their placeholders."""
        self.status.hide()
        if form in {"html", "pdf"}:
            font = QFont(self.font())
            self._document.setDefaultFont(font)
            self._document.setHtml(texts["print"])
            self._pages.setCurrentWidget(self.page)
            self.page.verticalScrollBar().setValue(0)
        else:
            text = texts[form]
            cut = text[:MAX_SHOWN]
            self.text.setPlainText(cut)
            self._pages.setCurrentWidget(self.text)
            if len(cut) < len(text):
                self.say(self.tr("The preview ends here; the document goes on."))
        self.hidden_fold.setVisible(redacted)
        self.hidden.setVisible(redacted and self.hidden_fold.isChecked())
        if redacted:
            self.hidden_fold.setText(self.tr("What is hidden ({number})").format(number=len(hidden)))
            self.hidden.setPlainText("\n".join(f"{word}  →  {placeholder}" for word, placeholder in hidden))
        words = self.tr("This is what will be shared, without names and addresses")
        self.heading.setText(words if redacted else self.tr("This is what will be shared"))

    def show_trouble(self, text: str, *, own: bool) -> None:
        """Say why the document can't be made; `own`: a company's template is at fault, and ours may be used."""
        self.trouble.setText(text)
        self.built_in.setVisible(own)
        self._pages.setCurrentIndex(2)
        self.hidden_fold.hide()
        self.hidden.hide()
        announce(self.trouble, text)

    def say(self, text: str) -> None:
        """Say something in a line below the preview."""
        self.status.setText(text)
        self.status.show()
        announce(self.status, text)
