"""A check repeated at intervals, for trouble that comes and goes."""
