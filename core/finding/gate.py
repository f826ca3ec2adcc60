"""The one gate for sign-ins: a wrong password is sent exactly once, however many ways would sign in.

No sign-in starts before the answer to the one before is known. After the first refusal that concerns the credentials no
other starts at all. The better way goes first; it is waited for, though not for long.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from core.knowledge.load import Knowledge
from core.knowledge.match import judge, see
from core.reports.build import state_facts
from core.session.conversation import Conversation, StageFailed
from core.session.replies import Reply
from core.stages import Stage

HEAD_START = 4.0
"""Seconds that a better way has, from the first one that could sign in, to come as far itself."""

NOT_ABOUT_CREDENTIALS = frozenset(
    {
        "smtp-auth-disabled",
        "basic-auth-retired",
        "auth-mechanism-unsupported",
        "auth-not-offered",
        "starttls-required",
        "syntax-or-protocol-error",
    }
)
"""Refusals that never judged the password. All others end the sign-ins: whoever can't tell, must not try again."""

REFUSED_ONCE = "The password was refused once. It is not sent again, so that the account is not locked."
UNANSWERED = "A sign-in to these servers was not answered. It is not repeated while nobody knows how it went."


class SignInGate:
    """Lets the tries in one by one. `order`: their ids, the best way first. All in one loop."""

    def __init__(self, order: Sequence[str], knowledge: Knowledge) -> None:
        self._coming = list(order)
        self._knowledge = knowledge
        self._inside: str | None = None
        self._stopped = ""
        self._worked = False
        self._silent: set[str] = set()
        self._held: dict[str, str] = {}
        self._first_wait: float | None = None
        self._moved = asyncio.Event()
        self.attempts = 0
        """How many sign-ins were begun."""

    def held(self, try_id: str) -> str:
        """Return why the sign-in of a try was kept back; empty if it was not."""
        return self._held.get(try_id, "")

    @property
    def closed(self) -> str:
        """Why no sign-in starts any more; empty while they may."""
        return self._stopped

    def turn(self, try_id: str, cancel: Callable[[], None]) -> _Turn:
        """Return what a check of that try is handed; `cancel` ends the check."""
        return _Turn(self, try_id, cancel)

    def gone(self, try_id: str) -> None:
        """Hear that a try is over or will never sign in; nobody waits for it any more."""
        if try_id in self._coming:
            self._coming.remove(try_id)
            self._move()

    async def enter(self, try_id: str, talk: Conversation) -> bool:
        """Wait for the turn; return whether the try may sign in. If so, `leave` has to follow."""
        if self._first_wait is None:
            self._first_wait = time.monotonic()
        while True:
            if reason := self._reason(_realm(talk)):
                self._held[try_id] = reason
                self.gone(try_id)
                return False
            left = 0.0 if self._worked else self._first_wait + HEAD_START - time.monotonic()
            if self._inside is None and (left <= 0 or self._coming[:1] == [try_id] or try_id not in self._coming):
                self._inside = try_id
                self.attempts += 1
                self.gone(try_id)
                return True
            moved = self._moved
            try:
                async with asyncio.timeout(left if left > 0 and self._inside is None else None):
                    await moved.wait()
            except TimeoutError:
                continue

    def leave(self, talk: Conversation, reply: Reply | None) -> None:
        """Hear how the sign-in inside ended, and let the next one in, or nobody."""
        self._inside = None
        self._first_wait = time.monotonic()
        if reply is None:
            self._silent.add(_realm(talk))
        elif reply.positive:
            self._worked = True  # the password is right, so it no longer matters who goes first
        elif self._is_about_credentials(talk, reply):
            self._stopped = REFUSED_ONCE
        self._move()

    def _reason(self, realm: str) -> str:
        return self._stopped or (UNANSWERED if realm in self._silent else "")

    def _is_about_credentials(self, talk: Conversation, reply: Reply) -> bool:
        facts = state_facts(talk, StageFailed("", reply=reply), Stage.AUTH)
        return judge(see(facts, self._knowledge), self._knowledge).cause not in NOT_ABOUT_CREDENTIALS

    def _move(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()


def _realm(talk: Conversation) -> str:
    """Return whose accounts a server knows: all servers of a provider count as one.

    So do all of no known provider: smtp., mail. and the MX of a domain are often one machine, which answers a wrong
    password only after some seconds.
    """
    return talk.place.provider or ""


class _Turn:
    """One try's place at the gate (a `core.session.conversation.SignInTurn`)."""

    def __init__(self, gate: SignInGate, try_id: str, cancel: Callable[[], None]) -> None:
        self._gate = gate
        self._id = try_id
        self._cancel = cancel

    async def take(self, talk: Conversation) -> None:
        """Wait for the turn; where there is none, end the check."""
        if not await self._gate.enter(self._id, talk):
            self._cancel()
            await asyncio.get_running_loop().create_future()  # the cancelled check takes it from here

    def answered(self, talk: Conversation, reply: Reply | None) -> None:
        """Pass the answer on."""
        self._gate.leave(talk, reply)
