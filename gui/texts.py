"""Words of the contract as people read them: stages, states, outcomes, times. All translatable."""

from __future__ import annotations

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from core.stages import Stage

_STAGES = {
    Stage.SETTINGS: QT_TRANSLATE_NOOP("Stage", "Settings"),
    Stage.DNS: QT_TRANSLATE_NOOP("Stage", "DNS"),
    Stage.CONNECT: QT_TRANSLATE_NOOP("Stage", "Connect"),
    Stage.BANNER: QT_TRANSLATE_NOOP("Stage", "Greeting"),
    Stage.EHLO: QT_TRANSLATE_NOOP("Stage", "EHLO"),
    Stage.STARTTLS: QT_TRANSLATE_NOOP("Stage", "STARTTLS"),
    Stage.TLS: QT_TRANSLATE_NOOP("Stage", "TLS"),
    Stage.EHLO_TLS: QT_TRANSLATE_NOOP("Stage", "EHLO (TLS)"),
    Stage.AUTH: QT_TRANSLATE_NOOP("Stage", "Sign-in"),
    Stage.MAIL_FROM: QT_TRANSLATE_NOOP("Stage", "MAIL FROM"),
    Stage.RCPT_TO: QT_TRANSLATE_NOOP("Stage", "RCPT TO"),
    Stage.DATA: QT_TRANSLATE_NOOP("Stage", "DATA"),
    Stage.MESSAGE: QT_TRANSLATE_NOOP("Stage", "Accepted"),
}

_STATES = {
    "idle": QT_TRANSLATE_NOOP("State", "waiting"),
    "running": QT_TRANSLATE_NOOP("State", "running"),
    "passed": QT_TRANSLATE_NOOP("State", "passed"),
    "warning": QT_TRANSLATE_NOOP("State", "passed with a warning"),
    "failed": QT_TRANSLATE_NOOP("State", "failed"),
    "skipped": QT_TRANSLATE_NOOP("State", "not used"),
    "not-reached": QT_TRANSLATE_NOOP("State", "not reached"),
}

_OUTCOMES = {
    "accepted": QT_TRANSLATE_NOOP("Outcome", "accepted"),
    "stopped": QT_TRANSLATE_NOOP("Outcome", "stopped"),
    "deferred": QT_TRANSLATE_NOOP("Outcome", "try again later"),
    "cancelled": QT_TRANSLATE_NOOP("Outcome", "cancelled"),
    "fine": QT_TRANSLATE_NOOP("Outcome", "fine"),
    "too-small": QT_TRANSLATE_NOOP("Outcome", "too small"),
    "black-hole": QT_TRANSLATE_NOOP("Outcome", "black hole"),
    "unknown": QT_TRANSLATE_NOOP("Outcome", "not known"),
}

_CONFIDENCE = {
    "certain": QT_TRANSLATE_NOOP("Confidence", "certain"),
    "likely": QT_TRANSLATE_NOOP("Confidence", "likely"),
    "possible": QT_TRANSLATE_NOOP("Confidence", "possible"),
}


def stage_name(stage: Stage) -> str:
    """Return the stage's name as it is shown."""
    return QCoreApplication.translate("Stage", str(_STAGES[stage]))


def state_name(state: str) -> str:
    """Return the word for a stage's state: a StageStatus, "idle" or "running"."""
    return QCoreApplication.translate("State", str(_STATES[state]))


def outcome_name(outcome: str) -> str:
    """Return the word for how a check, or a measurement of packet sizes, ended."""
    return QCoreApplication.translate("Outcome", str(_OUTCOMES[outcome]))


def confidence_name(confidence: str) -> str:
    """Return the word for how sure a diagnosis is."""
    return QCoreApplication.translate("Confidence", str(_CONFIDENCE[confidence]))


def duration(ms: float) -> str:
    """Return a time as people say it: <1 ms, 18 ms, 1.2 s, 75 s."""
    if ms < 1:
        return "<1 ms"
    if ms < 1000:
        return f"{ms:.0f} ms"
    return f"{ms / 1000:.1f} s" if ms < 10_000 else f"{ms / 1000:.0f} s"
