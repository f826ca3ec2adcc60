"""What follows from two runs, and above all what does not."""

from __future__ import annotations

import json
import re

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.cli.main import main
from core.comparing.compare import compare
from core.comparing.comparison import from_json, json_schema, to_json
from core.comparing.conclusions import load_conclusions, read_conclusions
from core.comparing.html import render_html
from core.comparing.markdown import render_markdown
from core.comparing.text import render_text
from core.knowledge.load import KnowledgeError, load_knowledge
from core.practice.load import load_scenario
from core.reports.redaction import redact
from core.reports.report import to_json as report_json
from core.resource_files import resource_path
from core.stages import Outcome, Stage
from tests.comparing.reports import HOTSPOT, INTERCEPTED, SITE, listed, report
from tests.conversations.conftest import play


def away(*arguments, **changes):
    """Return a report of a run over the phone's hotspot, some minutes later."""
    return report(*arguments, **({"address": HOTSPOT, "local": "172.20.10.2", "minutes": 4} | changes))


BLOCKED = ("rcpt-to", "ip-blocklisted")
WRONG = ("auth", "auth-bad-credentials")
SILENT = ("connect", "connect-timeout")

CASES = {
    "blocklist here, accepted there": (report(*BLOCKED), away(), "site-address", "certain"),
    "the same, given the other way round": (away(), report(*BLOCKED, minutes=9), "site-address", "certain"),
    "blocked, verdict only likely": (report(*BLOCKED, confidence="likely"), away(), "site-address", "likely"),
    "blocked, public address there unknown": (report(*BLOCKED), away(address=None), "site-address", "possible"),
    "blocked, the other only by IPv6": (report(*BLOCKED), away(address="2001:db8::5"), "site-address", "possible"),
    "blocked, two days between": (report(*BLOCKED), away(minutes=2880), "site-address", "possible"),
    "blocked in both": (report(*BLOCKED), away(*BLOCKED), "both-addresses-refused", "likely"),
    "blocked, the hotspot filters 25": (
        report(*BLOCKED, port=25),
        away(*SILENT, port=25),
        "other-network-filters-port-25",
        "likely",
    ),
    "timeout here, passes there": (report(*SILENT), away(), "port-filtered", "likely"),
    "timeout here, stops later there": (report(*SILENT), away(*WRONG), "port-filtered", "likely"),
    "timeout in both, 25": (report(*SILENT, port=25), away(*SILENT, port=25), "port-25-filtered-twice", "likely"),
    "timeout in both, 587": (report(*SILENT), away(*SILENT), "server-does-not-answer", "likely"),
    "another issuer, untrusted, here": (
        report("tls", "certificate-untrusted", details={"tls": INTERCEPTED}),
        away(),
        "traffic-read",
        "certain",
    ),
    "another issuer, untrusted, accepted all the same": (
        report(details={"tls": INTERCEPTED}),
        away(),
        "traffic-read",
        "certain",
    ),
    "STARTTLS missing here": (
        report("starttls", "starttls-not-offered", details={"ehlo": {"extensions": ["SIZE 1000"]}}),
        away(),
        "starttls-removed",
        "certain",
    ),
    "handshake cut here": (report("tls", "tls-handshake-dropped"), away(), "cut-on-the-way", "likely"),
    "name not found here": (report("dns", "dns-name-not-found"), away(), "site-dns", "likely"),
    "relay only from the site": (report(), away("rcpt-to", "relay-denied"), "allowed-by-address", "likely"),
    "sign-in fails in both": (report(*WRONG), away(*WRONG), "account", "certain"),
    "password held back in both": (
        report("auth", "certificate-untrusted"),
        away("auth", "certificate-untrusted"),
        "not-the-network",
        "likely",
    ),
    "no sign-in offered in both": (
        report("auth", "auth-not-offered"),
        away("auth", "auth-not-offered"),
        "not-the-network",
        "likely",
    ),
    "no sign-in offered here only": (report("auth", "auth-not-offered"), away(), "only-one-network-stops", "possible"),
    "sign-in switched off in both": (
        report("auth", "smtp-auth-disabled"),
        away("auth", "smtp-auth-disabled"),
        "account",
        "certain",
    ),
    "sign-in fails here only": (report(*WRONG), away(), "sign-in-changed", "possible"),
    "policy by place": (report("auth", "auth-blocked-by-policy"), away(), "sign-in-by-place", "likely"),
    "recipient in both": (
        report("rcpt-to", "recipient-unknown"),
        away("rcpt-to", "recipient-unknown"),
        "recipient",
        "certain",
    ),
    "greylisted here only": (
        report("rcpt-to", "greylisted", outcome=Outcome.DEFERRED),
        away(),
        "passed-by-itself",
        "possible",
    ),
    "put off in both": (
        report("rcpt-to", "rate-limited", outcome=Outcome.DEFERRED),
        away("rcpt-to", "rate-limited", outcome=Outcome.DEFERRED),
        "temporary-twice",
        "likely",
    ),
    "something else here only": (report("mail-from", "unknown"), away(), "only-one-network-stops", "possible"),
    "TLS too old in both": (
        report("tls", "tls-protocol-too-old"),
        away("tls", "tls-protocol-too-old"),
        "not-the-network",
        "likely",
    ),
    "other causes at the same stage": (
        report("rcpt-to", "relay-denied"),
        away(*BLOCKED),
        "different-reasons",
        "possible",
    ),
    "both go through": (report(), away(), "nothing-differs", "likely"),
    "same address, both stop": (report(*BLOCKED), report(*BLOCKED, minutes=4), "same-line", "certain"),
    "same address, other end": (report(*BLOCKED), report(minutes=4), "same-line-other-end", "likely"),
    "same address, put off then accepted": (
        report("rcpt-to", "greylisted", outcome=Outcome.DEFERRED),
        report(minutes=6),
        "same-line-passed-by-itself",
        "likely",
    ),
    "same IPv6 network": (
        report(*BLOCKED, address="2001:db8::1"),
        report(*BLOCKED, address="2001:db8::77", minutes=4),
        "same-line",
        "certain",
    ),
    "another way of sending works": (
        report(*BLOCKED, server="contoso-com.mail.protection.outlook.com", port=25, user=None),
        report(minutes=30),
        "change-works",
        "certain",
    ),
    "another port does not": (
        report(*SILENT, port=25),
        report(*SILENT, minutes=4),
        "change-makes-no-difference",
        "likely",
    ),
    "another port goes further": (
        report(*SILENT, port=25),
        report(*WRONG, minutes=4),
        "change-helps-in-part",
        "likely",
    ),
    "another user name breaks it": (
        report(),
        report(*WRONG, user="copier@contoso.com", minutes=4),
        "change-breaks",
        "likely",
    ),
    "another recipient after a refused sign-in is no change that counts": (
        report(*WRONG),
        away(*WRONG, to=("else@contoso.com",)),
        "account",
        "certain",
    ),
    "another recipient is accepted": (
        report("rcpt-to", "recipient-unknown"),
        report(to=("else@contoso.com",), minutes=4),
        "change-works",
        "likely",
    ),
    "cancelled": (report("connect", "unknown", outcome=Outcome.CANCELLED), away(), "cancelled", "certain"),
    "the other never came that far": (report(*BLOCKED), away(last=Stage.TLS), "not-proven", "certain"),
    "practice beside real": (report(*BLOCKED, practice="spamhaus-block"), away(), "practice-and-real", "certain"),
}


@pytest.mark.parametrize("case", CASES)
def test_conclusion(case):
    first, second, expected, confidence = CASES[case]
    found = compare(first, second).conclusion
    assert (found.id, found.confidence) == (expected, confidence), found.text
    assert "{" not in found.title + found.text + found.next
    assert "not known" not in found.text.replace("is not known", "")


def test_every_conclusion_and_remark_can_come_about():
    """What no two reports can lead to is a mistake in the order or in the conditions."""
    more = [
        (report(), report()),
        (report(*BLOCKED), report("rcpt-to", "relay-denied", minutes=2)),
        (report(), report(minutes=2)),
        (report(), report(minutes=2, port=465, security="tls")),
        (report(*SILENT), report(*WRONG, minutes=2, port=465, security="tls", tls_limits="at most TLS 1.2")),
        (report(*WRONG), report(*SILENT, port=25, minutes=2)),
        (report(*BLOCKED), report("rcpt-to", "relay-denied", minutes=2, user=None)),
        (report("tls", "tls-interception"), away(details={"tls": {}})),
        (report("rcpt-to", "unknown", outcome=Outcome.DEFERRED), away()),
        (report("dns", "dns-name-not-found"), away("dns", "dns-name-not-found")),
        (report("mail-from", "send-as-denied"), away("mail-from", "send-as-denied")),
        (report(), away(last=Stage.MESSAGE)),
        (report(ehlo="other.contoso.com"), away()),
        (report(address=None), report(address=None, minutes=3)),
        (report(), away(address="2001:db8::7")),
        (redact(report()), redact(away())),
        (report(), away(to=("x@contoso.com",), sender="y@contoso.com")),
        (report(evidence=listed("zen.example")), away(evidence=listed("zen.example"))),
        (away(), report(evidence=listed("zen.example"), minutes=99)),
        (report(*WRONG, evidence=listed("zen.example")), away()),
        (report(*WRONG), away(evidence=listed("zen.example"))),
        (report(ms={"banner": 9000.0}), away()),
        (report(), away(ms={"banner": 9000.0})),
        (report(), away(local="192.168.1.20")),
        (away(), report()),
        (report(practice="a"), away(practice="b")),
        (report(), away(details={"tls": {**away().stage("tls").details, "chain": [{"issuer": "Other CA"}]}})),
    ]
    found = [compare(first, second) for first, second, *_ in [*CASES.values(), *more]]
    conclusions = {comparison.conclusion.id for comparison in found}
    remarks = {remark.id for comparison in found for remark in comparison.remarks}
    data = load_conclusions()
    never = {entry.id for entry in data.conclusion} - conclusions - {"no-conclusion"}
    assert not never
    assert not {entry.id for entry in data.remark} - remarks


def test_side_by_side():
    first = report(*BLOCKED, evidence=listed("zen.example", clean=("bl.example",)))
    second = away(evidence=listed(clean=("zen.example",)))
    found = compare(first, second)
    public = next(pair for pair in found.network if pair.id == "public_address")
    assert (public.first, public.second, public.state) == (SITE, HOTSPOT, "differs")
    lists = {pair.id: (pair.first, pair.second, pair.state) for pair in found.listings}
    assert lists == {
        "zen.example": ("listed (PBL)", "not listed", "differs"),
        "bl.example": ("not listed", None, "unknown"),
    }
    (decided,) = [pair for pair in found.stages if pair.decided]
    assert decided.stage is Stage.RCPT_TO
    assert decided.differs
    assert decided.first is not None
    assert decided.first.reply == "550 5.7.1 Refused"
    assert found.first.reply == "550 5.7.1 Refused"
    assert not found.changed


def test_the_other_run_is_named_where_it_stopped_too():
    found = compare(report(*SILENT), away(*WRONG))
    assert "The first run got no connection" in found.conclusion.text
    (remark,) = [remark for remark in found.remarks if remark.id == "stops-later"]
    assert remark.title.startswith("The second run")
    assert "Sign-in" in remark.text


def test_a_placeholder_equals_nothing():
    """Two redacted reports both say ‹public address›; that is not the same address."""
    found = compare(redact(report(*BLOCKED)), redact(away()))
    assert found.line == "unknown"
    assert all(pair.state == "unknown" for pair in found.settings if pair.id in {"sender", "user", "recipients"})
    assert found.conclusion.confidence == "possible"
    assert any(remark.id == "redacted" for remark in found.remarks)


def test_nothing_is_claimed_of_a_network_that_may_be_the_same():
    found = compare(report(*BLOCKED, address=None), away(address=None))
    assert found.line == "unknown"
    assert found.conclusion.confidence == "possible"
    assert any(remark.id == "address-unknown" and remark.severity == "warning" for remark in found.remarks)


def test_an_address_that_the_users_own_dns_server_told_proves_no_line():
    """With --resolver that server is asked who we are, and often tells its own address: the same in any network."""
    told = {"public_address": {"address": SITE, "source": "Example (whoami.example, DNS server 192.0.2.53)"}}
    asked = report(*BLOCKED, evidence=told)
    assert asked.proof.resolver == "192.0.2.53"
    assert compare(asked, report(minutes=3)).line == "unknown"
    other = {"public_address": {"address": SITE, "source": "Example (whoami.example, DNS server 198.51.100.53)"}}
    assert compare(report(*BLOCKED, evidence=other), report(minutes=3)).line == "same"


CAUSES = sorted(load_knowledge().cause_ids)
ENDS = st.one_of(
    st.just((None, "accepted", None)),
    st.tuples(
        st.sampled_from([stage.value for stage in Stage if stage is not Stage.SETTINGS]),
        st.sampled_from(CAUSES),
        st.sampled_from([Outcome.STOPPED, Outcome.DEFERRED, Outcome.CANCELLED]),
    ),
)
ADDRESSES = st.sampled_from([None, SITE, HOTSPOT, "2001:db8::1", "2001:db8:1::1", "‹public address›"])


@settings(max_examples=300, deadline=None)
@given(ENDS, ENDS, ADDRESSES, ADDRESSES, st.sampled_from([25, 587]), st.integers(-3000, 3000))
def test_any_two_runs(one, two, here, there, port, minutes):
    first = report(one[0], one[1], outcome=one[2], address=here, port=port)
    second = report(two[0], two[1], outcome=two[2], address=there, minutes=minutes)
    found = compare(first, second)
    assert "{" not in found.conclusion.title + found.conclusion.text + found.conclusion.next
    assert from_json(to_json(found)) == found
    if (
        found.kind == "networks"
        and found.line == "unknown"
        and found.pattern in {"one-stopped", "one-further", "alike"}
    ):
        assert found.conclusion.confidence == "possible"
    if found.conclusion.id in {"site-address", "port-filtered", "traffic-read", "starttls-removed", "account"}:
        assert found.line != "same"
        assert found.kind == "networks"
    if Outcome.CANCELLED in {first.outcome, second.outcome}:
        assert found.conclusion.id in {"cancelled", "same-run"}
    render_text(found)
    render_markdown(found)


HOSTILE = "550 5.7.1 <script>alert(1)</script> | [x](http://evil.example) \x1b[31m \u202e `` ` {server}"


def no_control(text):
    return not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", text)


OWN_TAGS = {"!DOCTYPE", "html", "head", "meta", "title", "style", "body", "header", "footer"}
OWN_TAGS |= {"p", "h1", "h2", "ul", "li", "b", "table", "thead", "tbody", "tr", "th", "td"}


def test_hostile_reports_come_out_inert():
    first = report(*BLOCKED, reply=HOSTILE, address="evil\x1b[31m", server="a\u202e.example", user="x\x07y")
    first = msgspec.structs.replace(
        first, evidence={"blocklists": [{"zone": "\x1b]0;x\x07", "state": "listed"}, 5, {}]}
    )
    found = compare(first, away())
    assert no_control(render_text(found))
    markdown = render_markdown(found)
    assert no_control(markdown)
    assert not re.search(r"(?<!\\)<script", markdown)
    assert not re.search(r"(?<!\\)\]\(", markdown), "a link"
    assert not re.search(r"(?<!\\)http:", markdown), "an address that becomes a link by itself"
    for line in markdown.splitlines():
        if line.startswith("| "):
            assert len(re.findall(r"(?<!\\)\|", line)) == 5, line
    assert no_control(to_json(found))
    page = render_html(found)
    assert no_control(page)
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert set(re.findall(r"</?([a-zA-Z!]\w*)", page)) <= OWN_TAGS
    assert "src=" not in page
    assert "href=" not in page


STRANGE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
KEYS = ("chain", "extensions", "mechanisms", "reply", "recipients", "problems", "trusted", "version", "verified")


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(st.sampled_from(KEYS), STRANGE),
    st.dictionaries(st.text(max_size=12) | st.just("blocklists"), STRANGE),
)
def test_details_of_any_kind_are_borne(details, evidence):
    first = report(*BLOCKED, details={stage.value: details for stage in Stage}, evidence=evidence)
    render_text(compare(first, away()))


def test_a_report_without_stages_is_borne():
    bare = msgspec.structs.replace(report(), stages=())
    assert compare(bare, away()).conclusion.id
    assert compare(report(*BLOCKED), bare).conclusion.id == "not-proven"


async def test_two_real_runs():
    here = (await play(load_scenario("spamhaus-block"))).report
    there = (await play(load_scenario(load_scenario("spamhaus-block").elsewhere))).report
    found = compare(here, there)
    assert (found.conclusion.id, found.conclusion.confidence, found.line) == ("site-address", "certain", "other")
    assert [pair.stage for pair in found.stages if pair.differs] == [Stage.RCPT_TO]
    again = compare(here, here)
    assert again.conclusion.id == "same-run"


def test_schema_ships_and_fits():
    shipped = json.loads(resource_path("schema", "compare-1.json").read_text(encoding="utf-8"))
    assert shipped == json.loads(json.dumps(json_schema()))
    import jsonschema

    for first, second, *_ in CASES.values():
        jsonschema.validate(json.loads(to_json(compare(first, second))), shipped)


def test_a_mistake_in_the_data_is_told(tmp_path):
    path = tmp_path / "comparisons.toml"
    path.write_text(
        "[[conclusion]]\nid='a'\ntitle='{nobody}'\ntext=''\nconfidence='likely'\nwhen={causes=['no-such']}\n"
        "[[remark]]\nid='a'\ntitle='x'\ntext='}'\nwhen={signs=['unheard-of']}\n"
    )
    with pytest.raises(KnowledgeError) as caught:
        read_conclusions(path)
    told = "\n".join(caught.value.problems)
    for words in ("{nobody}", "no-such", "two entries", "unheard-of", "hold always", "brace"):
        assert words in told, words
    path.write_text("[[conclusion]]\nid='a'\ncolour='red'\n")
    with pytest.raises(KnowledgeError, match="comparisons"):
        read_conclusions(path)


# The command


@pytest.fixture
def saved(tmp_path):
    paths = [tmp_path / "first.json", tmp_path / "second.json"]
    for path, made in zip(paths, (report(*BLOCKED), away()), strict=True):
        path.write_text(report_json(made), encoding="utf-8")
    return [str(path) for path in paths]


def test_command(saved, tmp_path, capsys):
    assert main(["compare", *saved]) == 0
    assert "The Internet address of the first network is the reason   [certain]" in capsys.readouterr().out
    assert main(["compare", *saved, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["schema"] == "sendproof.compare/1"
    assert main(["compare", *saved, "--format", "html"]) == 0
    assert "<h1>The Internet address of the first network is the reason</h1>" in capsys.readouterr().out
    target = tmp_path / "out.md"
    assert main(["compare", *saved, "--format", "markdown", "--output", str(target)]) == 0
    assert target.read_text(encoding="utf-8").startswith("# The Internet address")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "not a report"),
        ("{", "not a report"),
        ("[1]", "not a report"),
        ('{"schema": "sendproof.watch/1"}', "holds no check, but “Watch”"),
        ('{"schema": "sendproof.report/1"}', "incomplete or damaged"),
        ("[" * 100_000, "not a report"),
    ],
)
def test_command_names_an_unusable_file(saved, tmp_path, capsys, content, words):
    bad = tmp_path / "bad\x1b.json"
    bad.write_text(content)
    assert main(["compare", saved[0], str(bad)]) == 2
    told = capsys.readouterr().err
    assert words in told
    assert no_control(told.replace("\n", ""))
    assert main(["compare", str(tmp_path / "none.json"), saved[1]]) == 2
    assert "none.json" in capsys.readouterr().err
    assert main(["compare", str(tmp_path), saved[1]]) == 2
