from __future__ import annotations

import pytest

from core.practice.load import PracticeError, built_in_bases, load_file, load_scenario, load_scenarios, parse_scenario
from core.practice.model import Fault, FaultKind, Point
from core.resource_files import resource_path

GOOD = """
id = "mine"
title = "Mine"
summary = "What one learns."
server = "mail.contoso.com"
port = 25
greeting = "220 {host} ESMTP"
ehlo = ["{host}", "SIZE 1000"]
[check]
from = "scanner@contoso.com"
to = ["office@contoso.com"]
[expect]
outcome = "accepted"
cause = "accepted"
exit_status = 0
"""


def problems(text: str) -> list[tuple[str, str, str]]:
    with pytest.raises(PracticeError) as caught:
        parse_scenario(text, "mine.toml", built_in_bases())
    assert all(problem.text.endswith((".", "…")) for problem in caught.value.problems)
    return [(problem.file, problem.entry, problem.field) for problem in caught.value.problems]


def test_the_smallest_scenario_loads() -> None:
    scenario = parse_scenario(GOOD, "mine.toml")
    assert scenario.check.sender == "scanner@contoso.com"
    assert scenario.keywords(after_starttls=False) == ("{host}", "SIZE 1000")


@pytest.mark.parametrize(
    ("old", "new", "entry", "field"),
    [
        ("port = 25", 'port = "25"', "", "port"),
        ("port = 25", "port = 0", "", "port"),
        ("port = 25", "", "", "port"),
        ("port = 25", "port = 25\ncolour = 1", "", "colour"),
        ('id = "mine"', 'id = "My scenario"', "", "id"),
        ("220 {host}", "220 {hots}", "", "greeting"),
        ("220 {host}", "hello {host}", "", "greeting"),
        ("220 {host} ESMTP", "220-{host}\\n220-more", "", "greeting"),
        ('"SIZE 1000"', '"250-SIZE 1000"', "", "ehlo"),
        ('"SIZE 1000"', "1000", "", "ehlo"),
        ('from = "scanner@contoso.com"', 'from = "scanner"', "[check]", "from"),
        ('from = "scanner@contoso.com"', "", "[check]", "from"),
        ("[check]", '[check]\nsecurity = "ssl"', "[check]", "security"),
        ('server = "mail.contoso.com"', 'server = "mail contoso"', "", "server"),
        ('outcome = "accepted"', 'outcome = "fine"', "[expect]", "outcome"),
        ("exit_status = 0", "exit_status = 1", "[expect]", "exit_status"),
        ("exit_status = 0", 'exit_status = 0\nfailed_stage = "tls"', "[expect]", "failed_stage"),
        ("[check]", '[tls]\ncertificate = "rotten"\n[check]', "[tls]", "certificate"),
        ("[check]", '[tls]\ncertificate = "other-name"\n[check]', "[tls]", "names"),
        ("[check]", '[tls]\nciphers = "NONSENSE"\n[check]', "[tls]", "ciphers"),
        ("[check]", '[tls]\nminimum = "1.3"\nmaximum = "1.0"\n[check]', "[tls]", "minimum"),
        ("[check]", '[[account]]\nuser = "x"\n[check]', "account 1", "password"),
        ("[check]", '[[reply]]\nto = "rcpt-to"\nanswers = ["550 no", "no"]\n[check]', "reply 1", "answers"),
        ("[check]", '[[reply]]\nto = "rcpt-to"\nanswers = []\n[check]', "reply 1", "answers"),
        ("[check]", '[[reply]]\nto = "tls"\nanswers = ["550 no"]\n[check]', "reply 1", "to"),
        ("[check]", '[fault.ehlo]\nkind = "sulk"\n[check]', "[fault.ehlo]", "kind"),
        ("[check]", '[fault.ehlo]\nkind = "inject"\ntext = "250 x"\n[check]', "[fault.ehlo]", ""),
        ("[check]", '[fault.tea]\nkind = "close"\n[check]', "[fault.tea]", ""),
        ("[check]", '[fault.ehlo]\nkind = "delay"\nms = 99999\n[check]', "[fault.ehlo]", "ms"),
        ('id = "mine"', 'based_on = "nothing"\nid = "mine"', "", "based_on"),
        ("port = 25", "port = = 25", "", ""),
    ],
)
def test_a_mistake_is_told_with_its_place(old: str, new: str, entry: str, field: str) -> None:
    assert old in GOOD
    assert ("mine.toml", entry, field) in problems(GOOD.replace(old, new, 1))


def test_all_mistakes_are_told_at_once() -> None:
    text = GOOD.replace("port = 25", 'port = "x"').replace('outcome = "accepted"', 'outcome = "x"')
    assert problems(text) == [("mine.toml", "", "port"), ("mine.toml", "[expect]", "outcome")]


def test_every_built_in_scenario_loads_under_its_file_name() -> None:
    scenarios = load_scenarios()
    assert set(scenarios) == {path.stem for path in resource_path("practice").glob("*.toml")}
    assert {
        "spamhaus-block",
        "submission-ok",
        "submission-without-sign-in",
        "wrong-password",
        "smtp-auth-disabled",
        "basic-auth-retired",
        "sign-in-on-mx",
        "send-as-denied",
        "direct-send-rejected",
        "starttls-stripped-by-firewall",
        "certificate-expired",
        "old-tls-only",
        "greylisted",
        "hangs-after-ehlo",
    } <= set(scenarios)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(PracticeError, match=r"no practice server “tea”\. Known are: .*spamhaus-block"):
        load_scenario("tea")


def test_a_file_of_ones_own(tmp_path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD)
    assert load_scenario(str(path)).id == "mine"
    with pytest.raises(PracticeError, match=r"gone\.toml: It can't be read"):
        load_scenario(str(tmp_path / "gone.toml"))
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(PracticeError, match="UTF-8"):
        load_file(path)
    path.write_bytes(b"#" * 300_000)
    with pytest.raises(PracticeError, match="larger than"):
        load_file(path)


def test_a_folder_with_a_misnamed_file(tmp_path) -> None:
    (tmp_path / "other.toml").write_text(GOOD)
    with pytest.raises(PracticeError, match=r"other\.toml, id"):
        load_scenarios(tmp_path)


def test_with_fault_changes_a_copy() -> None:
    healthy = load_scenario("submission-ok")
    broken = healthy.with_fault("ehlo", Fault(kind=FaultKind.CLOSE))
    assert broken.faults == {Point.EHLO: Fault(kind=FaultKind.CLOSE)}
    assert not healthy.faults
    with pytest.raises(ValueError, match="starttls"):
        healthy.with_fault("ehlo", Fault(kind=FaultKind.INJECT, text="250 x"))


def test_example_passwords_are_in_no_repr() -> None:
    assert "Example-Passw0rd" not in repr(load_scenario("submission-ok"))
