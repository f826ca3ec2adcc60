"""What the real service would say to a device, judged from what was seen of it here.

The rules are data (`resources/knowledge/listening`), the needs of a service stand with the providers. Only what was
observed is judged: where a session ended early, nothing is said of what would have come after.
"""

from __future__ import annotations

from collections.abc import Iterable

from core.knowledge import templates
from core.knowledge.load import Knowledge, load_knowledge
from core.listening.conditions import holds
from core.listening.device_words import UNSURE, device_words
from core.listening.judgement_rules import COMMANDS, TOPICS, JudgementRule, RuleFix, load_rules
from core.listening.observation import JudgedFinding, Judgement, SessionSeen
from core.listening.scene import Scene
from core.listening.service import service_of
from core.listening.wording import NO_SERVICE, SAMPLES, STAND_INS, speaks_of_device, values_of
from core.reports.report import EvidenceItem, Fix

_SEVERITIES = ("error", "warning", "info", "ok")
MAX_EVIDENCE = 3


def judge(
    seen: SessionSeen,
    service_id: str | None = None,
    device_id: str | None = None,
    knowledge: Knowledge | None = None,
    rules: Iterable[JudgementRule] | None = None,
) -> Judgement:
    """Return what a service would say about one session: faults first, then remarks, then what is fine.

    service_id: the id of a provider (its submission server) or of a preset such as "microsoft365-direct-send"; None
    for any mail service of today. device_id: a device of the knowledge, for the words of its own settings.
    """
    scene = scene_of(seen, service_id, device_id, knowledge)
    service = scene.service
    values = values_of(scene)
    findings = [_finding(rule, scene, values) for rule in speaking(scene, rules)]
    findings.sort(key=lambda finding: (_SEVERITIES.index(finding.severity), TOPICS.index(finding.topic)))
    real = _real_answer(seen)
    return Judgement(
        session=seen.number,
        provider=service.id if service else None,
        server=service.title if service else NO_SERVICE[0].lower() + NO_SERVICE[1:],
        findings=(*((real,) if real else ()), *findings),
    )


def scene_of(
    seen: SessionSeen, service_id: str | None, device_id: str | None, knowledge: Knowledge | None = None
) -> Scene:
    """Return a session beside the service and the device of these ids; an id that nobody knows is no service."""
    known = knowledge or load_knowledge()
    return Scene(seen, service_of(service_id, known), device_words(device_id, known))


def speaking(scene: Scene, rules: Iterable[JudgementRule] | None = None) -> tuple[JudgementRule, ...]:
    """Return the rules that fit and that no other fitting rule outranks, in the order of the data."""
    fitting = [rule for rule in (load_rules() if rules is None else rules) if _fits(rule, scene)]
    outranked = {other for rule in fitting for other in rule.outranks}
    return tuple(rule for rule in fitting if rule.id not in outranked)


def judge_all(
    sessions: Iterable[SessionSeen],
    service_id: str | None = None,
    device_id: str | None = None,
    knowledge: Knowledge | None = None,
) -> tuple[Judgement, ...]:
    """Return the judgement of each session."""
    return tuple(judge(seen, service_id, device_id, knowledge) for seen in sessions)


def worst(judgement: Judgement) -> str:
    """Return the gravest severity among the findings: "error", "warning", "info" or "ok"; "" without findings."""
    found = {finding.severity for finding in judgement.findings}
    return next((severity for severity in _SEVERITIES if severity in found), "")


def _fits(rule: JudgementRule, scene: Scene) -> bool:
    if rule.providers and (scene.service is None or scene.service.provider.id not in rule.providers):
        return False
    if rule.roles:
        endpoint = scene.service.endpoint if scene.service else None
        if endpoint is None or endpoint.role not in rule.roles:
            return False
    return _all_hold(rule.when, rule.unless, scene)


def _all_hold(when: Iterable[str], unless: Iterable[str], scene: Scene) -> bool:
    return all(holds(name, scene) for name in when) and not any(holds(name, scene) for name in unless)


def _finding(rule: JudgementRule, scene: Scene, values: dict[str, str]) -> JudgedFinding:
    # What is only hearsay about a service is no reason to call something broken.
    by_need = any(name.startswith("service-") for name in rule.when)
    unsure = rule.status in UNSURE or (by_need and scene.needs.status in UNSURE and _asks_needs(rule))
    severity = "warning" if unsure and rule.severity == "error" else rule.severity
    text = _fill(rule.text, values)
    if unsure and rule.severity in {"error", "warning"}:
        text += " (As far as is known; not verified.)"
    return JudgedFinding(
        severity=severity,
        topic=rule.topic,
        title=_fill(rule.title, values),
        text=text,
        cause=rule.cause or None,
        fixes=tuple(_fix(fix, scene, values) for fix in rule.fixes if _all_hold(fix.when, fix.unless, scene)),
        evidence=_evidence(rule, scene),
    )


_OF_ENDPOINT = {
    "service-mechanism-missing",
    "service-mechanism-there",
    "service-wants-sign-in",
    "service-has-no-sign-in",
    "service-without-implicit-tls",
}
"""Conditions that rest on the provider's endpoint itself, and not on its needs."""


def _asks_needs(rule: JudgementRule) -> bool:
    return any(name.startswith("service-") and name not in _OF_ENDPOINT for name in rule.when)


def _fix(fix: RuleFix, scene: Scene, values: dict[str, str]) -> Fix:
    command = getattr(scene.needs, COMMANDS[fix.command]) if fix.command in COMMANDS else fix.command
    hearsay = scene.device is not None and not scene.device.sure and speaks_of_device(fix.text)
    return Fix(
        text=_fill(fix.text, values),
        command=templates.fill_command(command, values, SAMPLES) if command else None,
        link=fix.link or None,
        unverified=fix.status in UNSURE or hearsay,
    )


def _fill(template: str, values: dict[str, str]) -> str:
    text = templates.fill(template, values, STAND_INS)
    first = templates.PLACEHOLDER.match(template)
    stands_in = first is not None and first[1] not in values  # a name is never given a capital that it has not
    return text[:1].upper() + text[1:] if stands_in else text


def _evidence(rule: JudgementRule, scene: Scene) -> tuple[EvidenceItem, ...]:
    """Return the lines of the conversation that the rule's topic rests on, harmless to show."""
    verbs = {"sign-in": ("AUTH",), "sender": ("MAIL", "RCPT"), "connection": ("EHLO", "HELO")}.get(rule.topic, ())
    if rule.id.startswith("ehlo-"):
        verbs = ("EHLO", "HELO")
    found = [
        EvidenceItem(text=command.text, source=f"the device, after {command.ms / 1000:.3f} s")
        for command in scene.seen.commands
        if command.verb in verbs
    ]
    if rule.topic in {"encryption", "certificate"} and scene.hello is not None and scene.seen.tls is not None:
        offered = f"TLS hello: {values_line(scene)}"
        found.append(EvidenceItem(text=offered, source=f"the device, after {scene.seen.tls.ms / 1000:.3f} s"))
    return tuple(found[-MAX_EVIDENCE:])


def values_line(scene: Scene) -> str:
    """Return a TLS hello in one line, such as "TLS 1.0, 9 cipher suites, no SNI"."""
    from core.listening.tls_names import say_version

    hello = scene.hello
    if hello is None:
        return ""
    count = len(hello.real_suites)
    named = f"SNI {hello.sni}" if hello.sni is not None else "no SNI"
    old = ", in SSL 2.0 form" if hello.form == "sslv2" else ""
    best = say_version(hello.highest_version)
    only = "" if best == "TLS 1.3" else "up to "
    return f"{only}{best}, {count} cipher suite{'' if count == 1 else 's'}, {named}{old}"


_HAND_ON = (
    "Allow the sign-in to be handed on (in the terminal: --relay-sign-in) and scan again. It needs an encrypted "
    "connection to the real server, with a trusted certificate."
)


def _signed_in_here(seen: SessionSeen) -> bool:
    return any(attempt.outcome == "accepted" and not attempt.relayed for attempt in seen.sign_ins)


def _real_answer(seen: SessionSeen) -> JudgedFinding | None:
    """Return what the real server said, where the session was passed through: that outranks every opinion."""
    relay = seen.relay
    if relay is None or (relay.diagnosis is None and not relay.failed):
        return None
    place = f"{relay.server}, port {relay.port}"
    if relay.diagnosis is None:
        return JudgedFinding(
            severity="warning",
            topic="connection",
            title="The real server could not be asked",
            text=f"{place}: {relay.failed}",
        )
    diagnosis = relay.diagnosis
    if diagnosis.cause == "auth-required" and not relay.sign_in and _signed_in_here(seen):
        # The device did its part; what it gets to hear is for a sign-in that ended here.
        return JudgedFinding(
            severity="warning",
            topic="sign-in",
            title="The sign-in was not handed on to the real server",
            text=f"{place}: It wants a sign-in. The device signed in here, but that was not handed on, so this "
            "refusal says nothing against the device.",
            fixes=(Fix(text=_HAND_ON),),
            evidence=diagnosis.evidence,
        )
    return JudgedFinding(
        severity="ok" if diagnosis.cause == "accepted" else "error",
        topic="connection",
        title=f"The real server’s answer: {diagnosis.title}",
        text=f"{place}: {diagnosis.summary}",
        cause=None if diagnosis.cause == "accepted" else diagnosis.cause,
        fixes=diagnosis.fixes,
        evidence=diagnosis.evidence,
    )
