"""Makes Sendproof.exe, proves it, and everything that is handed out beside it."""
