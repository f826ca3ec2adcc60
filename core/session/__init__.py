"""The conversation with a mail server, stage by stage."""
