"""DATA and BDAT in a listening session: a message streams by, its facts are kept, and it goes on or away."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

from core.listening.encrypting import Over
from core.listening.machine_base import ENOUGH, SEEN, MachineBase, verbatim
from core.listening.message_facts import MessageReader
from core.listening.receiving import ContentReader
from core.listening.recorder import EnvelopeDraft
from core.stages import Stage


class _TooMuch(Exception):
    """The message is larger than the bound."""


class MessageMachine(MachineBase):
    """The commands DATA and BDAT."""

    async def smtp_DATA(self, arg: str | None) -> None:
        """RFC 5321 §4.1.1.4."""
        draft = self._draft
        self._message_refused = True  # until it is asked for: what comes then all the same is content, and not kept
        if arg:
            await self.push("501 5.5.4 DATA takes no parameters")
            return
        if draft is None or not any(recipient.accepted for recipient in draft.recipients):
            await self.push("503 5.5.1 Send RCPT TO first")
            return
        if self._upstream is not None and self._upstream.used_up:
            draft.reply = ENOUGH
            await self.push(ENOUGH)
            return
        if self._upstream is not None:
            answer = await self._from_upstream(self._upstream.data())
            if answer.code != 354:
                draft.reply = self._recorder.safe(verbatim(answer), 1_000)
                await self.push(verbatim(answer))
                self._forget()
                return
            await self.push(verbatim(answer))
        else:
            await self.push("354 Send the message, end with <CRLF>.<CRLF>")
        self._message_refused = False
        self._recorder.stage = Stage.MESSAGE
        await self._take_message(draft)

    async def _take_message(self, draft: EnvelopeDraft) -> None:
        content = ContentReader(self._tap, self._limits.idle)
        reader = MessageReader()
        lines = self._watched(content, reader)
        reply = SEEN
        try:
            if self._upstream is not None:
                answer = await self._upstream.content(lines, lambda: content.terminator != "cut")
                reply = verbatim(answer) if answer else ""
            async for _ in lines:
                pass
        except TimeoutError:
            await self._end_message(draft, reader, "cut", "421 4.4.2 Sendproof waited too long for the message")
            raise Over("timeout", "the message did not go on") from None
        except _TooMuch:
            await self._end_message(draft, reader, "cut", "552 5.3.4 The message is larger than Sendproof takes")
            raise Over("limit", "the message was too large") from None
        if content.terminator == "cut":
            await self._end_message(draft, reader, "cut", "")
            raise Over("reset" if self._tap.reset_by_peer else "closed", "in the middle of the message")
        if content.terminator == "lf":
            self._recorder.problem("lf-terminator")
        await self._end_message(draft, reader, content.terminator, reply)
        self._forget()

    async def _watched(self, content: ContentReader, reader: MessageReader) -> AsyncIterator[list[bytes]]:
        async for lines in content.lines():
            reader.feed(lines)
            if reader.size > self._limits.message:
                raise _TooMuch
            yield lines

    async def _end_message(self, draft: EnvelopeDraft, reader: MessageReader, terminator: Any, reply: str) -> None:
        draft.message = reader.facts(terminator, self._recorder.now(), self._recorder.clean)
        draft.reply = self._recorder.safe(reply, 1_000)
        ended = "" if terminator != "cut" else ", not ended"
        self._recorder.line("client", f"(message, {reader.size:,} octets{ended})")
        if reply:
            await self.push(reply)
        self._recorder.changed()

    async def smtp_BDAT(self, arg: str | None) -> None:
        """RFC 3030 §2; not offered with pass-through."""
        match = re.fullmatch(r"([0-9]{1,12})(?: (LAST))?", (arg or "").strip(), re.IGNORECASE)
        draft = self._draft
        if self._upstream is not None:
            await self.push("502 5.5.1 CHUNKING is not offered")
            raise Over("limit", "BDAT without being asked")  # what follows is a message and no commands
        if not match:
            await self.push("501 5.5.4 Syntax: BDAT size [LAST]")
            return
        self._recorder.uses("CHUNKING")
        self._chunks = reader = self._chunks or MessageReader()
        whole = await self._chunk(reader, int(match[1]))
        if draft is None or not any(recipient.accepted for recipient in draft.recipients):
            await self.push("503 5.5.1 Send RCPT TO first")
            return
        if not whole:
            await self._end_message(draft, reader, "cut", "")
            raise Over("closed", "in the middle of the message")
        if match[2]:
            self._recorder.stage = Stage.MESSAGE
            await self._end_message(draft, reader, "bdat", SEEN)
            self._forget()
        else:
            await self.push(f"250 2.0.0 {match[1]} octets received")

    async def _chunk(self, reader: MessageReader, left: int) -> bool:
        while left:
            try:
                async with asyncio.timeout(self._limits.idle):
                    data = await self._tap.read()
            except TimeoutError:
                raise Over("timeout", "the message did not go on") from None
            if not data:
                return False
            self._tap.push_back(data[left:])
            data = data[:left]
            left -= len(data)
            reader.feed_octets(data)
            if reader.size > self._limits.message:
                await self.push("552 5.3.4 The message is larger than Sendproof takes")
                raise Over("limit", "the message was too large")
        return True
