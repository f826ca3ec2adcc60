"""AUTH in a listening session: any sign-in is taken, or refused as chosen, or handed on to the real server."""

from __future__ import annotations

import base64
import secrets
from typing import Any, Final

from core.listening.machine_base import MachineBase, verbatim
from core.listening.observation import SignIn
from core.listening.sign_in import CHALLENGES, Heard, Malformed, hear, user_in

REFUSED: Final = "535 5.7.8 Sendproof refuses every sign-in just now, to see what the device does next"
_NOT_THIS_TOKEN: Final = b'{"status":"400","schemes":"Bearer"}'


class SignInMachine(MachineBase):
    """The command AUTH."""

    async def smtp_AUTH(self, arg: str | None) -> None:
        """RFC 4954: any sign-in is taken (or every one refused, as chosen), and forgotten but for what may be told."""
        initial, self._initial = self._initial, None
        mechanism = (arg or "").strip()
        assert self.session is not None
        if not self.session.host_name:
            await self.push("503 5.5.1 Send EHLO first")
        elif self._signed_in_as is not None:
            await self.push("503 5.5.1 Already signed in")
        elif mechanism not in self._offered_mechanisms:
            self._recorder.signed_in(self._attempt(mechanism or "***", None, None, initial, "refused"))
            await self.push("504 5.5.4 This mechanism is not offered")
        else:
            self._recorder.uses("AUTH")
            await self._exchange(mechanism, initial)

    async def _exchange(self, mechanism: str, initial: bytes | None) -> None:
        responses = [] if initial is None else [initial]
        heard: Heard | None = None
        outcome = "cut"
        relayed = self._upstream is not None and self._upstream.passes_sign_in
        if not self._tap.encrypted:
            self._recorder.problem("auth-before-tls")
        began = self._recorder.ms()
        reply = ""
        user = None
        try:
            if relayed:
                challenge, reply = await self._relayed_exchange(mechanism, responses)
            else:
                challenge, reply = await self._own_exchange(mechanism, responses)
            if reply.startswith("501 5.7.0"):
                outcome = "cancelled"
            else:
                try:
                    heard = hear(mechanism, challenge, responses, self._request.compare)
                    outcome = "accepted" if reply.startswith("235") else "refused"
                except Malformed:
                    outcome = "malformed"
                    reply = reply if relayed else "501 5.5.2 Cannot decode this response"
        finally:
            if heard is None:
                user = user_in(mechanism, responses)
            responses.clear()
            attempt = self._attempt(mechanism, heard, user, initial, outcome, began=began, relayed=relayed)
            self._recorder.signed_in(attempt)
        if outcome == "accepted" and heard is not None:
            self._signed_in_as = self._recorder.safe(heard.user, 320)
        await self.push(reply)

    async def _own_exchange(self, mechanism: str, responses: list[bytes]) -> tuple[bytes, str]:
        """Ask for what is missing in `responses`; return the challenge of CRAM-MD5 and the reply that is due."""
        challenge = f"<{secrets.token_hex(8)}@{self.hostname}>".encode()
        challenges = CHALLENGES.get(mechanism, (challenge,))
        if mechanism == "CRAM-MD5" and responses:
            return challenge, "501 5.5.2 CRAM-MD5 has no initial response"
        for question in challenges[len(responses) :]:
            await self.push(f"334 {base64.b64encode(question).decode('ascii')}")
            line = await self._secret_line()
            if line == b"*":
                return challenge, "501 5.7.0 Sign-in cancelled"
            responses.append(line)
        if not self._request.refuse_sign_in:
            return challenge, "235 2.7.0 Taken, and not checked"
        if mechanism == "XOAUTH2":
            # Both services give the reason in a challenge, which the client answers with an empty line.
            await self.push(f"334 {base64.b64encode(_NOT_THIS_TOKEN).decode('ascii')}")
            await self._secret_line()
        return challenge, REFUSED

    async def _relayed_exchange(self, mechanism: str, responses: list[bytes]) -> tuple[bytes, str]:
        """Hand the exchange on, line by line; return the server's challenge and its last reply, word by word."""
        upstream = self._upstream
        assert upstream is not None
        challenge = b""
        reply = await self._from_upstream(upstream.begin_auth(mechanism, responses[0] if responses else None))
        while reply.code == 334:
            challenge = upstream.challenge_of(reply)
            await self.push(verbatim(reply))
            line = await self._secret_line()
            if len(responses) < 4:
                responses.append(line)
            reply = await self._from_upstream(upstream.go_on_auth(mechanism, line, responses))
        return challenge, verbatim(reply)

    async def _secret_line(self) -> bytes:
        """Return a line that belongs to AUTH; of it nothing is recorded but that it came. Raises Over."""
        while True:
            line = await self._raw_line(self._limits.auth_line)
            if line is not None:
                self._recorder.line("client", "*" if line == b"*" else "***", masked=line != b"*")
                return line
            await self.push("500 5.5.2 Line too long")

    def _attempt(
        self,
        mechanism: str,
        heard: Heard | None,
        user: str | None,
        initial: bytes | None,
        outcome: Any,
        *,
        began: float | None = None,
        relayed: bool = False,
    ) -> SignIn:
        safe = self._recorder.safe
        name = heard.user if heard else user
        authorization = heard.authorization_id if heard else None
        return SignIn(
            ms=self._recorder.ms() if began is None else began,
            mechanism=safe(mechanism, 40),
            encrypted=self._tap.encrypted,
            user=None if name is None else safe(name, 320),
            authorization_id=None if authorization is None else safe(authorization, 320),
            password_length=heard.password_length if heard else None,
            token_length=heard.token_length if heard else None,
            matches=heard.matches if heard else None,
            truncated_at=heard.truncated_at if heard else None,
            encoding=heard.encoding if heard else None,
            initial_response=initial is not None,
            user_on_auth_line=initial is not None and mechanism == "LOGIN",
            outcome=outcome,
            relayed=relayed,
        )
