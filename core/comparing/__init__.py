"""Two runs side by side: what differs, and what follows from it."""
