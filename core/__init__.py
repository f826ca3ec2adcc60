"""Sendproof's core: holds an SMTP conversation, reads its evidence and names the cause. No Qt in here."""

__version__ = "0.1.0"
