"""Facts out of pasted text: a reply, a client's error, a log line, a bounce, or what a device's panel shows.

Nothing is executed or followed; whatever the text is, the work is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from core.knowledge.facts import Facts
from core.knowledge.load import Knowledge
from core.knowledge.model import Reading
from core.knowledge.providers import provider_of
from core.knowledge.words import MAX_TEXT, bounded, fold
from core.stages import Stage

_ENHANCED = r"[245]\.\d{1,3}\.\d{1,3}(?![\d]|\.\d)"
_BOTH = re.compile(
    rf"(?<![\d.:])(?P<code>[2-5]\d\d)"
    rf"(?:[\s\-_:;,.#()\"'\]b]{{1,12}}|[^\w\n]{{1,6}}Msg: b'|\"?, with message \"(?P=code)[ -])"
    rf"(?P<enhanced>{_ENHANCED})"
)
_SINGLE_ENHANCED = re.compile(rf"(?<![\d.])#?(?P<enhanced>{_ENHANCED})")
_STATED_CODE = re.compile(
    r"(?:code[:=\s\"']{1,4}|retcode \(|responseCode[\"':\s]{1,5}|got |\[Error:? |said: |reason: |returned:? \W?|"
    r"status[:= ]{1,3}|"
    r"LED=|smtp; ?|response[:=\s'\"]{1,5}|failed: |login: |S: |SERVER -> CLIENT: |SMTP< |<[-~*]{1,2} {1,3})"
    r"[\"'(]?(?P<code>[2-5]\d\d)(?![\d.])",
    re.IGNORECASE,
)
_LINE_CODE = re.compile(r"^[\s\"'(\[{]{0,8}(?P<code>[2-5]\d\d)(?=[\s\-_,:.)]|$)", re.MULTILINE)
_TUPLE_CODE = re.compile(r"\((?P<code>[245]\d\d), b?['\"]")
_LOOSE_CODE = re.compile(r"(?<![\w.:/\-\[=#])(?<![Pp]ort )(?<![Pp]ort: )(?P<code>[45]\d\d)(?=[ \-_:][\w(<\[\"'])")
_OFFERED = re.compile(
    r"(?:^|\n)\s{0,8}(?:S: |<[-~] |SERVER -> CLIENT: )?250[- ](?P<word>[A-Za-z0-9]{1,40})(?P<rest>[^\r\n]{0,200})"
)
_GREETING = re.compile(r"(?<!\d)220[ -](?P<host>[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8})[ \r\n]", re.IGNORECASE)
_KEYWORDS = frozenset(
    (
        "auth",
        "size",
        "starttls",
        "pipelining",
        "dsn",
        "8bitmime",
        "enhancedstatuscodes",
        "chunking",
        "smtputf8",
        "help",
        "binarymime",
    )
)


def read(
    text: str,
    knowledge: Knowledge,
    *,
    stage: Stage | None = None,
    server: str | None = None,
    port: int | None = None,
    auth: bool | None = None,
    context: Mapping[str, Any] | None = None,
) -> Facts:
    """Return what `text` says, together with what is known beside it.

    auth: whether sign-in was configured. context: what the batch format allows beside a text: auth, starttls
    (booleans), ehlo (lines), os_error, tls_error (texts). Never raises on any text; only its first and last parts are
    read when it is longer than 16,000 characters.
    """
    beside = dict(context or {})
    text = bounded(text, MAX_TEXT)
    code, enhanced = reply_codes(text)
    place = provider_of(server, knowledge)
    if auth is None and isinstance(beside.get("auth"), bool):
        auth = beside["auth"]
    starttls = beside.get("starttls") if isinstance(beside.get("starttls"), bool) else None
    asked: set[str] = set()
    if auth is not None:
        asked.add("auth" if auth else "no-auth")
    if starttls:
        asked |= {"tls", "starttls"}
    if beside.get("username_eq_sender") is False:
        asked.add("sender-differs-from-user")
    facts = Facts(
        stage=stage,
        code=code,
        enhanced=enhanced,
        text=text,
        server=server,
        port=port,
        provider=place.provider,
        role=place.role,
        encrypted=_encrypted(starttls, port, stage),
        offered=_offered(beside.get("ehlo"), text),
        asked=frozenset(asked),
    )
    if place.endpoint and _greeted_by_another(text, server or "", place.endpoint.greets_as):
        facts = replace(facts, signs=facts.signs | {"foreign-greeting"})
    told = "\n".join(str(beside[name])[:2000] for name in ("os_error", "tls_error") if beside.get(name))
    return _with_readings(facts, fold(f"{text}\n{told}"), knowledge)


def reply_codes(text: str) -> tuple[int | None, str | None]:
    """Return the reply code and the enhanced status code that matter most in `text`, None for what is not there.

    Where several replies are nested, the innermost, which is the last, is the reason (a .NET sentence puts
    530 5.7.57 in front of the true 535).
    """
    both = list(_BOTH.finditer(text))
    if both:
        found = next((pair for pair in reversed(both) if pair["code"][0] == pair["enhanced"][0]), both[-1])
        return int(found["code"]), found["enhanced"]
    singles = [found["enhanced"] for found in _SINGLE_ENHANCED.finditer(text)]
    enhanced = singles[-1] if singles else None
    for pattern in (_TUPLE_CODE, _STATED_CODE, _LINE_CODE, _LOOSE_CODE):
        codes = [int(found["code"]) for found in pattern.finditer(text)]
        failing = [code for code in codes if code >= 400]
        if failing:
            return failing[-1], enhanced
        if codes and pattern is _LINE_CODE:
            return codes[-1], enhanced
    return None, enhanced


def _encrypted(starttls: bool | None, port: int | None, stage: Stage | None) -> bool | None:
    if starttls is False and port != 465:
        return False
    order = list(Stage)
    if starttls and stage is not None and order.index(stage) >= order.index(Stage.EHLO_TLS):
        return True
    return None


def _offered(ehlo: Any, text: str) -> frozenset[str] | None:
    lines: Iterable[str]
    if isinstance(ehlo, list):
        lines = [re.sub(r"^250[- ]", "", str(line)) for line in ehlo[:100]]
    else:
        lines = [found["word"] + found["rest"] for found in _OFFERED.finditer(text)]
        if not any(line.split()[0].lower() in _KEYWORDS for line in lines):
            return None
    words: set[str] = set()
    for line in lines:
        parts = line.lower().replace("=", " ").split()
        if not parts:
            continue
        words.add(parts[0])
        if parts[0] == "auth":
            words.update(f"auth:{mechanism}" for mechanism in parts[1:20])
    return frozenset(words)


def _greeted_by_another(text: str, server: str, own: tuple[str, ...]) -> bool:
    """Whether a greeting in the text comes from another host than the provider's own (names or endings in `own`)."""
    found = _GREETING.search(text)
    if found is None or not own:
        return False
    name = found["host"].lower().rstrip(".")
    return name != server.lower() and not any(name == end or name.endswith(end) for end in own)


def _with_readings(facts: Facts, folded: str, knowledge: Knowledge) -> Facts:
    """Add to `facts` what the words of the text say; the reading with the most words wins where two disagree."""
    phrases = knowledge.reading_index.find(folded)
    best: dict[str, tuple[int, Reading]] = {}
    signs, asked = set(facts.signs), set(facts.asked)
    refusal = facts.code is not None and facts.code >= 400
    for reading in _candidates(phrases, knowledge):
        points = _reading_points(reading, phrases)
        if not points or (refusal and not reading.in_replies):
            continue
        signs.update(reading.signs)
        asked.update(reading.asked)
        for name in ("os_error", "tls_error", "provider", "stage"):
            if getattr(reading, name) and points > best.get(name, (0, reading))[0]:
                best[name] = (points, reading)
    changes: dict[str, Any] = {name: getattr(entry, name) for name, (_, entry) in best.items()}
    if any(name in best and not _clear(best[name][1], phrases) for name in ("os_error", "tls_error")):
        signs.add("read-loosely")
    if facts.provider:
        changes.pop("provider", None)
    if facts.stage:
        changes.pop("stage", None)
    return replace(facts, signs=frozenset(signs), asked=frozenset(asked), **changes)


def _candidates(phrases: Mapping[str, int], knowledge: Knowledge) -> list[Reading]:
    """Return the readings that a phrase found can make fit, in the order of the data."""
    table: dict[str, list[int]] | None = knowledge.__dict__.get("_reading_table")
    if table is None:
        table = {}
        for number, reading in enumerate(knowledge.readings):
            for phrase in reading.any_words or reading.all_words[:1]:
                table.setdefault(phrase, []).append(number)
        knowledge.__dict__["_reading_table"] = table
    numbers = sorted({number for phrase in phrases for number in table.get(phrase, ())})
    return [knowledge.readings[number] for number in numbers]


def _clear(reading: Reading, phrases: Mapping[str, int]) -> bool:
    """Whether the words of a reading leave no doubt: two side by side, or a name such as ECONNREFUSED."""
    return any(
        "…" not in phrase and (" " in phrase.strip() or len(phrase) >= 8)
        for phrase in (*reading.all_words, *reading.any_words)
        if phrase in phrases
    )


def _reading_points(reading: Reading, phrases: Mapping[str, int]) -> int:
    if any(phrase in phrases for phrase in reading.no_words) or any(
        phrase not in phrases for phrase in reading.all_words
    ):
        return 0
    points = reading.weight + sum(phrases[phrase] for phrase in reading.all_words) + len(reading.all_words)
    if reading.any_words:
        best = max((phrases[phrase] for phrase in reading.any_words if phrase in phrases), default=0)
        if not best:
            return 0
        points += best
    return points
