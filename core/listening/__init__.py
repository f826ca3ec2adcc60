"""Listening to a device: a mail server for a moment, which records what a copier really does and delivers nothing."""
