"""What holds for every test run: figures that tests measured are told at its end."""

from __future__ import annotations


def pytest_terminal_summary(terminalreporter):
    """Print the figures that tests recorded with `record_property("figures", …)`, whichever process they ran in."""
    figures = [
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == "figures" and getattr(report, "when", "") == "call"
    ]
    if figures:
        terminalreporter.section("figures")
        for value in figures:
            terminalreporter.write_line(value)
