"""The stages of a check folded into the four steps that an office thinks in."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QCoreApplication

from core.stages import Stage
from gui.models.stages import StageModel
from gui.texts import state_name

_PARTS: tuple[tuple[Stage, ...], ...] = (
    (Stage.SETTINGS, Stage.DNS, Stage.CONNECT, Stage.BANNER, Stage.EHLO),
    (Stage.STARTTLS, Stage.TLS, Stage.EHLO_TLS),
    (Stage.AUTH, Stage.MAIL_FROM, Stage.RCPT_TO),
    (Stage.DATA, Stage.MESSAGE),
)


class EverydayStep(NamedTuple):
    """A step with its state (as a stage has it) and its words."""

    state: str
    text: str


def everyday_steps(stages: StageModel, recipient: str, *, signs_in: bool) -> list[EverydayStep]:
    """Return the four steps as they stand now."""
    states = [_together([stages.state(stage) for stage in part]) for part in _PARTS]
    translate = QCoreApplication.translate
    reached = translate("Everyday", "The mail server is found and answers")
    encrypted = translate("Everyday", "The connection is encrypted and the server is genuine")
    if states[1] == "skipped":
        encrypted = translate("Everyday", "The connection is not encrypted")
    elif states[1] == "warning":
        encrypted = translate("Everyday", "The connection is encrypted, with something to look at")
    who = recipient or translate("Everyday", "the recipient")
    if signs_in:
        takes = translate("Everyday", "The mail server accepts the sign-in and a message for {who}").format(who=who)
    else:
        takes = translate("Everyday", "The mail server accepts a message for {who}").format(who=who)
    handed = translate("Everyday", "The message is handed over")
    if states[3] == "skipped":
        handed = translate("Everyday", "No message was sent, as wished")
    steps = []
    for state, text in zip(states, (reached, encrypted, takes, handed), strict=True):
        words = f"{text} ({state_name(state)})" if state == "not-reached" else text
        steps.append(EverydayStep(state, words))
    return steps


def _together(states: list[str]) -> str:
    """Return the state of several stages together: what is worst, or still going on, counts."""
    for state in ("failed", "running"):
        if state in states:
            return state
    settled = [state for state in states if state not in {"skipped"}]
    if not settled:
        return "skipped"
    if all(state in {"idle", "not-reached"} for state in settled):
        return "not-reached" if "not-reached" in settled else "idle"
    if "idle" in settled:
        return "running"
    if "not-reached" in settled:
        return "not-reached"
    return "warning" if "warning" in settled else "passed"
