"""The administrator's sheet: the right steps, a way back for each, and no value breaks out of its quotes."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sheets.administrator import AdministratorSheet, administrator_sheet, administrator_steps
from core.sheets.way import SendingWay
from tests.sheets.ways import HOSTILE, HOSTILE_WAYS, SUBMISSION, WAYS

QUOTES = "'\u2018\u2019\u201a\u201b"
"""What PowerShell takes for a single quote (about_Quoting_Rules)."""


def commands(sheet: AdministratorSheet) -> list[str]:
    return [line for step in sheet.steps for text in (step.command, step.undo_command) for line in text.splitlines()]


def outside(line: str) -> str:
    """Return `line` with each single-quoted PowerShell string replaced by its first and last quote."""
    kept: list[str] = []
    at = 0
    while at < len(line):
        if line[at] not in QUOTES:
            kept.append(line[at])
            at += 1
            continue
        at += 1
        while at < len(line):
            if line[at] in QUOTES and line[at + 1 : at + 2] and line[at + 1] in QUOTES:
                at += 2
            elif line[at] in QUOTES:
                break
            else:
                at += 1
        assert at < len(line), f"a string without end: {line}"
        at += 1
        kept.append("''")
    return "".join(kept)


def step(sheet: AdministratorSheet, name: str):
    return next(entry for entry in sheet.steps if entry.id == name)


def test_submission_switches_smtp_auth_on_for_one_mailbox_and_back():
    sheet = administrator_sheet(SUBMISSION)
    assert "Get-TransportConfig" in step(sheet, "smtp-auth-organisation").command
    assert not step(sheet, "smtp-auth-organisation").changes
    main = step(sheet, "smtp-auth-mailbox")
    assert main.command == "Set-CASMailbox -Identity 'office@domain.com' -SmtpClientAuthenticationDisabled $false"
    assert main.undo_command == "Set-CASMailbox -Identity 'office@domain.com' -SmtpClientAuthenticationDisabled $true"
    assert {"security-defaults", "conditional-access", "authentication-policy", "max-send-size"} <= {
        entry.id for entry in sheet.steps
    }
    assert "send-as" not in {entry.id for entry in sheet.steps}, "sender and account are the same"
    assert sheet.fill_in == ()


def test_another_sender_needs_send_as_with_both_addresses():
    send_as = step(administrator_sheet(WAYS["submission-other-sender"]), "send-as")
    assert "-Identity 'office@contoso.com' -Trustee 'scanner@contoso.com' -AccessRights SendAs" in send_as.command
    assert send_as.undo_command.startswith("Remove-RecipientPermission -Identity 'office@contoso.com'")


def test_a_connector_is_made_for_this_sites_address_and_never_shuts_others_out():
    sheet = administrator_sheet(WAYS["connector"])
    made = step(sheet, "connector")
    assert "-SenderIPAddresses '203.0.113.9'" in made.command
    assert "-ConnectorType OnPremises" in made.command
    assert made.undo_command == "Remove-InboundConnector -Identity 'Copiers of this site' -Confirm:$false"
    assert step(sheet, "spf").record == "v=spf1 ip4:203.0.113.9 include:spf.protection.outlook.com -all"
    for line in commands(sheet):
        assert "RestrictDomainsToIPAddresses $true" not in line


def test_direct_send_has_an_spf_entry_of_the_right_family_and_the_organisations_switch():
    sheet = administrator_sheet(WAYS["direct-send"])
    assert step(sheet, "spf").record.startswith("v=spf1 ip6:2001:db8::9 ")
    assert step(sheet, "reject-direct-send").undo_command == "Set-OrganizationConfig -RejectDirectSend $true"


def test_a_connector_takes_no_ipv6_address():
    way = msgspec.structs.replace(WAYS["connector"], public_address="2001:db8::9")
    for sheet, name in (
        (administrator_sheet(way), "connector"),
        (administrator_sheet(WAYS["direct-send"]), "connector-for-direct-send"),
    ):
        assert "-SenderIPAddresses '<IPV4-ADDRESS>'" in step(sheet, name).command
        assert "<IPV4-ADDRESS>" in {entry.word for entry in sheet.fill_in}


def test_the_billing_policy_is_taken_off_as_documented():
    undo = step(administrator_sheet(WAYS["high-volume"]), "hve-billing").undo_command
    assert undo.endswith(" -BillingPolicyId ''")


def test_what_is_not_known_is_a_word_in_angle_brackets():
    sheet = administrator_sheet(msgspec.structs.replace(WAYS["connector"], public_address=None))
    assert "-SenderIPAddresses '<PUBLIC-ADDRESS>'" in step(sheet, "connector").command
    assert step(sheet, "spf").record.startswith("v=spf1 ip4:<PUBLIC-ADDRESS> ")
    assert {entry.word: entry.meaning for entry in sheet.fill_in} == {
        "<PUBLIC-ADDRESS>": "this site’s public Internet address"
    }
    nobody = administrator_sheet(msgspec.structs.replace(WAYS["high-volume"], user=None, sender=""))
    assert "-PrimarySmtpAddress '<USER>'" in step(nobody, "hve-account").command
    assert "<USER>" in {entry.word for entry in nobody.fill_in}
    billing = administrator_sheet(WAYS["high-volume"])
    assert [entry.word for entry in billing.fill_in] == ["<BILLING-POLICY>"]


@pytest.mark.parametrize("name", WAYS)
def test_each_way_has_steps_and_each_change_a_way_back(name):
    sheet = administrator_sheet(WAYS[name])
    if name != "unknown":
        assert sheet.steps
    for entry in sheet.steps:
        assert entry.source
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", entry.date)
        assert not entry.changes or entry.undo
        if re.search(r"^(?:Set|New|Add)-", entry.command, re.MULTILINE):
            assert entry.undo_command, entry.id
        for text in (entry.title, entry.text, entry.where, entry.undo, entry.only_if):
            assert "{" not in text
            assert "[" not in text


def test_what_nobody_confirmed_is_labelled():
    doubts = {entry.id: entry.doubt for entry in administrator_sheet(SUBMISSION).steps}
    assert doubts["authentication-policy"] == "not verified"
    assert doubts["smtp-auth-mailbox"] == ""


def test_every_step_is_on_some_sheet():
    shown = {entry.id for way in WAYS.values() for entry in administrator_sheet(way).steps}
    no_sign_in = SendingWay(server="smtp.example.com", sender="a@example.com")
    direct = SendingWay(server="mx.example.com", port=25, sender="a@example.com", method="direct-send")
    for way in (no_sign_in, direct):
        shown |= {entry.id for entry in administrator_sheet(way).steps}
    assert {entry.id for entry in administrator_steps()} - shown == set()


@pytest.mark.parametrize("name", HOSTILE_WAYS)
def test_nothing_breaks_out_of_a_command(name):
    way = HOSTILE_WAYS[name]
    tame = msgspec.structs.replace(
        way, server="s", user="u@contoso.com" if way.user else None, sender="v@contoso.com", tenant="contoso.com",
        public_address=None, provider=way.provider if way.provider != HOSTILE else None,
    )  # fmt: skip
    hostile, harmless = commands(administrator_sheet(way)), commands(administrator_sheet(tame))
    assert [outside(line) for line in hostile] == [outside(line) for line in harmless]
    for line in hostile:
        assert line.isprintable()


@given(st.text(alphabet=st.sampled_from(QUOTES + 'a$`();\n"@{}<>'), max_size=30))
def test_any_text_stays_one_string(value):
    sheet = administrator_sheet(msgspec.structs.replace(SUBMISSION, user=value or "x"))
    line = step(sheet, "smtp-auth-mailbox").command
    assert outside(line) == "Set-CASMailbox -Identity '' -SmtpClientAuthenticationDisabled $false"


@pytest.mark.parametrize("address", ["203.0.113.9 include:evil.example", "evil.example", "203.0.113.9/0", "::1%x\n"])
def test_only_an_address_gets_into_an_spf_record(address):
    sheet = administrator_sheet(msgspec.structs.replace(WAYS["connector"], public_address=address))
    assert step(sheet, "spf").record == "v=spf1 ip4:<PUBLIC-ADDRESS> include:spf.protection.outlook.com -all"
