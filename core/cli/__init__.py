"""The terminal program: one module a command, exit statuses as the contract says."""
