"""Ways of sending are data: mistakes are named by file, entry and field, and adding a provider needs no Python."""

from __future__ import annotations

import shutil
from datetime import date
from functools import partial

import pytest

from core.finding.form import FindForm
from core.finding.names import DnsNames
from core.finding.plan import make_plan
from core.finding.search import read
from core.knowledge.load import Knowledge, KnowledgeError, load_knowledge
from core.knowledge.providers import provider_of_mx
from core.resource_files import resource_path
from core.sheets.way import METHODS
from tests.evidence.dns_server import serving

WAY = """
[[way]]
id = 'fabrikam-submission'
title = 'Submission with sign-in'
short = 'sign-in on port 587'
method = 'submission'
server = 'smtp.fabrikam.com'
port = 587
security = 'starttls'
sign_in = true
role = 'submission'
reach = 'anybody'
rank = 10
explanation = 'The copier signs in.'
"""
PROVIDER = f"""
name = 'Fabrikam Mail'
source = 'https://example.com/smtp'
date = '2026-11-25'
mx_suffixes = ['.mx.fabrikam.com']

[[endpoint]]
role = 'mx'
suffixes = ['.mx.fabrikam.com']
{WAY}"""


@pytest.fixture
def root(tmp_path):
    return shutil.copytree(resource_path("knowledge"), tmp_path / "knowledge")


def problems(root):
    with pytest.raises(KnowledgeError) as raised:
        Knowledge(root).check()
    return "\n".join(raised.value.problems)


async def test_a_new_provider_is_a_file_and_nothing_else(root):
    (root / "providers" / "fabrikam.toml").write_text(PROVIDER, encoding="utf-8")
    knowledge = Knowledge(root)
    knowledge.check()
    form = FindForm(sender="a@contoso.com", recipients=("b@contoso.com",))
    request = read(form, knowledge).request
    assert request is not None
    async with serving({"contoso.com": {"MX": ["0 a.mx.fabrikam.com."]}}) as dns:
        names = DnsNames(dns.endpoint, partial(provider_of_mx, knowledge=knowledge))
        plan = await make_plan(request, names, knowledge, today=date(2026, 11, 25))
        names.close()
    assert plan.found.provider == "fabrikam"
    assert [way.server for way in plan.ways] == ["smtp.fabrikam.com"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("rank = 10", "rank = 'first'", "providers/fabrikam.toml: Expected `int`"),
        ("rank = 10", "rank = 10\ncolour = 'red'", "unknown field `colour`"),
        ("'smtp.fabrikam.com'", "'{nonsense}'", "way fabrikam-submission: server: {nonsense} is not one of"),
        ("'smtp.fabrikam.com'", "'smtp fabrikam'", "way fabrikam-submission: server: “smtp fabrikam” is no host name"),
        ("port = 587", "port = 0", "way fabrikam-submission: port"),
        ("security = 'starttls'", "security = 'none'", "way fabrikam-submission: security: a password"),
        ("port = 587", "port = 465", "way fabrikam-submission: security: port 465"),
        ("rank = 10", "rank = 10\nrecommended = false", "way fabrikam-submission: not_recommended"),
        ("short = 'sign-in on port 587'", "short = ' '", "way fabrikam-submission: short"),
        ("rank = 10", "rank = 10\npatience = 900", "way fabrikam-submission: patience"),
        ("rank = 10", "rank = 10\nused_for = ['own']", "way fabrikam-submission: used_for"),
        (
            "rank = 10",
            "rank = 10\nprospects = [{ standing = 'ending', since = 'soon', text = 'x' }]",
            "way fabrikam-submission: prospect 1: since",
        ),
        (
            "rank = 10",
            "rank = 10\nprospects = [{ standing = 'ending', since = '2027-01-01', until = '2026-01-01', text = 'x' }]",
            "way fabrikam-submission: prospect 1: until",
        ),
        ("date = '2026-11-25'", "date = 'today'", "way fabrikam-submission: source, date"),
        ("id = 'fabrikam-submission'", "id = 'google-submission'", "way google-submission: id: two ways have it"),
    ],
)
def test_mistakes_in_a_way_are_named(root, old, new, told):
    assert old in PROVIDER
    (root / "providers" / "fabrikam.toml").write_text(PROVIDER.replace(old, new), encoding="utf-8")
    assert told in problems(root)


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("ways.toml", "used_for = ['own']", "used_for = []", "ways.toml: way own-"),
        ("next_steps.toml", "id = 'spf-fail'", "id = 'no-such'", "next_steps.toml: step no-such: id"),
        ("next_steps.toml", "effort = 8", "effort = 80", "effort: a number from 1 to 9"),
        ("next_steps.toml", "owner = 'credentials'", "owner = 'me'", "owner: “me” is not in owners.toml"),
        ("next_steps.toml", "{short}", "{shorts}", "“{shorts}” is not in placeholders.toml"),
    ],
)
def test_mistakes_beside_the_providers_are_named(root, file, old, new, told):
    text = (root / file).read_text(encoding="utf-8")
    assert old in text
    (root / file).write_text(text.replace(old, new), encoding="utf-8")
    assert told in problems(root)


def test_each_method_is_one_that_a_sheet_knows():
    knowledge = load_knowledge()
    ways = [way for provider in knowledge.providers.values() for way in provider.ways] + list(knowledge.ways)
    assert {way.method for way in ways} <= set(METHODS)


def test_signing_in_ranks_before_a_relay_and_a_relay_before_direct_send():
    knowledge = load_knowledge()
    for ways in (*(provider.ways for provider in knowledge.providers.values()), knowledge.ways):
        good = [way for way in ways if way.recommended]
        submission = [way.rank for way in good if way.method.startswith("submission")]
        relay = [way.rank for way in good if way.method in {"relay", "connector"} and not way.sign_in]
        direct = [way.rank for way in good if way.method == "direct-send"]
        assert max(submission, default=0) < min(relay, default=100)
        assert max(relay, default=0) < min(direct, default=100)
