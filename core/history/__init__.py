"""The history: every run kept as its JSON document, one file each, on this computer or on the stick."""
