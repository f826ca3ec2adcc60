"""The finished report and what is rendered from it."""
