"""The least a program with a window can be: what Sendproof.exe's size and start are compared with."""

import sys

from PySide6.QtWidgets import QApplication, QWidget

from installer.first_paint import tell_first_paint

tell_first_paint(QWidget)
application = QApplication(sys.argv)
window = QWidget()
window.setWindowTitle("Sendproof bare")
window.resize(900, 600)
window.show()
sys.exit(application.exec())
