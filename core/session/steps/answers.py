"""How a reply is weighed: what a command expects, and what is merely unusual."""

from __future__ import annotations

from collections.abc import Collection

from core.session.conversation import Conversation, Details, StageFailed
from core.session.replies import Reply


def expect(
    reply: Reply, codes: Collection[int], refused: str, details: Details | None = None, *, strictly: bool = False
) -> None:
    """Return if `reply` says yes; raise StageFailed with `refused` as its sentence otherwise.

    By RFC 5321 §4.2.1 the first digit decides where a code is not known; `strictly` insists on `codes`, where the
    next step depends on what exactly was agreed (greeting, EHLO, STARTTLS, AUTH, DATA).
    """
    if reply.code in codes or (reply.positive and not strictly and 200 <= min(codes) < 300):
        return
    details = {**(details or {}), "code": reply.code, "enhanced": reply.enhanced, "text": reply.text}
    if reply.code >= 400:
        raise StageFailed(f"{refused}: {reply.code} {reply.enhanced or ''}".strip() + ".", reply=reply, details=details)
    raise StageFailed(
        f"The server answered {reply.code}, which makes no sense here.",
        reply=reply,
        signs={"unexpected-reply"},
        details=details,
    )


def unusual(talk: Conversation, reply: Reply, codes: Collection[int]) -> bool:
    """Return whether `reply` is a yes with a strange code or form, and tell so as a finding."""
    if reply.code in codes and not reply.problems:
        return False
    what = {
        "codes-differ": "The lines of one reply carry different codes.",
        "class-differs": "The enhanced status code belongs to another class than the reply code.",
        "unfinished": "The reply announces a further line that never comes.",
    }
    words = " ".join(what[problem] for problem in reply.problems if problem in what)
    if reply.code not in codes:
        words = f"{reply.code} came where {' or '.join(str(code) for code in codes)} is usual. {words}"
    quoted = talk.clean(reply.verbatim())[:200]
    talk.finding("info", "An unusual reply", f"{words} “{quoted}”".strip(), topic="unusual-reply")
    return True
