"""The settings sheet: the founding table, every device with every method, doubts, obstacles, secrets."""

from __future__ import annotations

import msgspec
import pytest

from core.knowledge.load import load_knowledge
from core.sheets.data import sheet_data
from core.sheets.settings import SettingsSheet, settings_sheet
from core.sheets.way import METHODS, SendingWay
from tests.sheets.ways import HOSTILE_WAYS, SUBMISSION, WAYS

DEVICES = [None, *load_knowledge().devices]

FOUNDING_TABLE = [
    ("SMTP Server", "smtp.office365.com"),
    ("Port Number", "587"),
    ("Enable SSL", "Enabled"),
    ("SSL/TLS Level", "STARTTLS"),
    ("SMTP Authentication", "Enabled"),
    ("User Name", "office@domain.com"),
    ("Password", "Valid credentials"),
    ("POP before SMTP", "Disabled"),
    ("Sender Address", "office@domain.com"),
]
"""“Required SMTP Settings” of the document that the project began with, retyped."""

PASSWORDS = {
    "the mailbox’s password or app password",
    "the app password (16 letters, typed without spaces), not the account’s own password",
    "the password of the HVE account",
    "the client secret of the Entra app",
    "the SMTP password or key that the service made for sending",
}


def row(sheet: SettingsSheet, holds: str):
    return next(row for row in sheet.rows if row.holds == holds)


def test_the_sheet_for_sharp_mx_is_the_founding_table():
    sheet = settings_sheet("sharp-mx-series", SUBMISSION)
    shown = [(entry.field, "Valid credentials" if entry.secret else entry.value) for entry in sheet.rows]
    assert shown == FOUNDING_TABLE
    assert sheet.menu_path == ("Network Settings", "Services Settings", "SMTP")
    assert row(sheet, "password").value in PASSWORDS
    assert [entry.doubt for entry in sheet.rows] == [""] * 9, "the founding document was validated on a device"
    said = " ".join(remark.text for remark in (*sheet.needs, *sheet.traps))
    for fact in ("Quick Settings", "TCP only", "aliases", "Turning authentication off", "clock", "DNS server"):
        assert fact in said
    assert sheet.obstacles == ()
    assert "Services Settings" in said


def test_only_what_is_typed_as_it_stands_can_be_copied():
    sheet = settings_sheet("sharp-mx-series", SUBMISSION)
    assert {entry.holds for entry in sheet.rows if entry.copyable} == {"server", "port", "user", "sender"}


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("device", DEVICES)
def test_each_device_has_a_sheet_for_each_method(device, name):
    way = WAYS[name]
    sheet = settings_sheet(device, way)
    held = [entry.holds for entry in sheet.rows]
    assert {"server", "sender"} <= set(held)
    assert all(entry.field.strip() and entry.value.strip() for entry in sheet.rows)
    assert len({(entry.field, entry.value, entry.page) for entry in sheet.rows}) == len(sheet.rows), "a row twice"
    assert sheet.opening.endswith((".", ":", ")"))
    assert sheet.menu_path
    assert sheet.heading
    assert sheet.after
    for text in (sheet.opening, sheet.way_name, *(r.text for r in (*sheet.needs, *sheet.traps, *sheet.obstacles))):
        assert "{" not in text
        assert "}" not in text
        assert "[" not in text, "a part that is left out where nothing is known"
    if way.server:
        assert row(sheet, "server").value == way.server
    if way.signs_in:
        assert row(sheet, "user").value == (way.user or way.sender)
        assert row(sheet, "password").value in PASSWORDS
        assert row(sheet, "password").secret
    else:
        for entry in sheet.rows:
            if entry.holds in {"user", "password"}:
                assert entry.value == "(leave empty)"
        assert not any(entry.holds == "sign-in" and entry.value.lower() in {"on", "enabled"} for entry in sheet.rows)
    if way.port != 25:
        assert row(sheet, "port").value == str(way.port)
    if way.security != "none" and not sheet.obstacles:
        device_ = load_knowledge().devices.get(device or "")
        assert "encryption" in held or (device_ and device_.cannot)


def test_the_unknown_device_gets_the_general_sheet():
    general = settings_sheet(None, SUBMISSION)
    assert settings_sheet("no-such-device", SUBMISSION) == general
    assert general.device is None
    assert [entry.holds for entry in general.rows] == [
        "server", "port", "encryption", "sign-in", "user", "password", "pop-before-smtp", "sender",
    ]  # fmt: skip


def test_without_sign_in_the_sheet_says_off_and_what_that_needs():
    sheet = settings_sheet("sharp-mx-series", WAYS["direct-send"])
    assert row(sheet, "sign-in").value == "Disabled"
    assert {"user", "password"}.isdisjoint(entry.holds for entry in sheet.rows)
    needs = " ".join(remark.text for remark in sheet.needs)
    for fact in ("contoso.com only", "2001:db8::9", "SPF", "RejectDirectSend"):
        assert fact in needs
    relay = " ".join(remark.text for remark in settings_sheet("sharp-mx-series", WAYS["connector"]).needs)
    assert "inbound connector" in relay
    assert "203.0.113.9" in relay


def test_an_account_that_is_not_named_is_the_senders():
    way = msgspec.structs.replace(SUBMISSION, user=None)
    assert settings_sheet("sharp-mx-series", way).rows == settings_sheet("sharp-mx-series", SUBMISSION).rows
    unknown = settings_sheet("sharp-mx-series", msgspec.structs.replace(WAYS["azure"], user=None))
    assert row(unknown, "sign-in").value == "Enabled"
    assert row(unknown, "user").value == "the account’s name, usually its full address"
    assert not row(unknown, "user").copyable


def test_encryption_off_leaves_out_what_counts_with_encryption_only():
    rows = {entry.field: entry.value for entry in settings_sheet("sharp-mx-series", WAYS["own-relay"]).rows}
    assert rows["Enable SSL"] == "Disabled"
    assert "SSL/TLS Level" not in rows


def test_a_choice_whose_name_is_not_known_says_so():
    sheet = settings_sheet("sharp-mx-series", WAYS["google"])
    level = next(entry for entry in sheet.rows if entry.field == "SSL/TLS Level")
    assert level.value == "the choice for TLS from the first byte"
    assert level.doubt == "choice not verified"
    assert "not known" in sheet.names.implicit_tls
    assert sheet.names.starttls == "Enable SSL = Enabled, SSL/TLS Level = STARTTLS"
    assert sheet.names.text.startswith("STARTTLS is set as Enable SSL = Enabled, SSL/TLS Level = STARTTLS; TLS from")
    assert settings_sheet("xerox-small-colour-mfp", SUBMISSION).names.text == ""
    field = next(e for e in settings_sheet("oki-mb-mc-es-mfp-fax", SUBMISSION).rows if e.holds == "encryption")
    assert (field.field, field.label_known, field.doubt) == ("Encryption", False, "exact name not known")


@pytest.mark.parametrize(
    ("device", "way", "words"),
    [
        ("xerox-small-colour-mfp", "submission", "No encryption choice"),
        ("fuji-xerox-apeosport-iv", "google", "this way needs TLS"),
        ("asrock-rack-and-other-ami-based-boards-server-bmc-alert-mail", "submission", "an IP address only"),
        ("sharp-mx-before-2016", "submission", "wants TLS 1.2"),
        ("any-tls-1.0", "google", "old TLS version"),
    ],
)
def test_a_device_that_cannot_go_this_way_is_told_first(device, way, words):
    sheet = settings_sheet(device, WAYS[way])
    assert words in " ".join(remark.text for remark in sheet.obstacles)


def test_no_obstacle_where_the_way_does_not_need_it():
    assert settings_sheet("sharp-mx-before-2016", WAYS["submission-legacy-tls"]).obstacles == ()
    assert settings_sheet("xerox-small-colour-mfp", WAYS["direct-send"]).obstacles == ()
    server = "asrock-rack-and-other-ami-based-boards-server-bmc-alert-mail"
    assert settings_sheet(server, WAYS["own-relay"]).obstacles == ()


def test_an_older_device_has_the_fields_of_its_family():
    old = settings_sheet("sharp-mx-before-2016", SUBMISSION)
    assert old.heading == "Settings sheet – Sharp MX series until about 2015"
    assert old.rows == settings_sheet("sharp-mx-series", SUBMISSION).rows


def test_a_value_that_does_not_fit_is_told():
    way = msgspec.structs.replace(SUBMISSION, user=f"{'scanner.' * 8}@contoso.com")
    sheet = settings_sheet("xerox-small-colour-mfp", way)
    (remark,) = [entry for entry in sheet.obstacles if "would be cut" in entry.text]
    assert "63 at most" in remark.text
    assert "Takes at most 31 characters." in row(sheet, "password").note


def test_another_sender_than_the_account_is_a_trap_and_the_same_one_another():
    other = " ".join(r.text for r in settings_sheet(None, WAYS["submission-other-sender"]).traps)
    assert "scanner@contoso.com needs the right to send as office@contoso.com" in other
    same = " ".join(r.text for r in settings_sheet(None, SUBMISSION).traps)
    assert "have to stay the same address" in same


def test_what_is_said_for_the_device_is_not_said_again_in_general():
    said = [remark.text for remark in settings_sheet("sharp-mx-series", SUBMISSION).traps]
    assert len([text for text in said if "alias" in text]) == 1
    assert len([text for text in said if "TCP" in text or "connection test" in text]) == 1


def test_facts_from_memory_are_labelled_one_by_one():
    sheet = settings_sheet("kyocera-taskalfa-ecosys", SUBMISSION)
    doubts = {entry.holds: entry.doubt for entry in sheet.rows}
    assert doubts["server"] == "name not verified"
    assert sheet.path_status == "reported"
    assert sheet.doubtful
    epson = settings_sheet("epson-workforce-ecotank-pro-ds-network-scanners", SUBMISSION)
    assert {e.holds: e.doubt for e in epson.rows}["encryption"] == ""


def test_every_doubt_of_the_device_reaches_the_sheet():
    """A field is shown without a label only if its name and its choice are known from a document or a device."""
    good = {"verified", "documented"}
    for device in DEVICES:
        for way in WAYS.values():
            for entry in settings_sheet(device, way).rows:
                sure = entry.label_known and entry.field_status in good and entry.value_status in good
                assert bool(entry.doubt) is not sure, (device, entry)


def test_no_secret_can_get_into_a_sheet():
    """Neither the way nor a row has room for a password: what stands in its row are our own words."""
    assert {field.name for field in msgspec.structs.fields(SendingWay)} == {
        "server", "port", "security", "user", "sender", "provider", "method", "public_address", "tenant",
    }  # fmt: skip
    for device in DEVICES:
        for way in (*WAYS.values(), *HOSTILE_WAYS.values()):
            for entry in settings_sheet(device, way).rows:
                if entry.holds == "password":
                    assert entry.secret
                    assert not entry.copyable
                    assert entry.value in PASSWORDS | {"(leave empty)"}
                else:
                    assert not entry.secret


def test_every_method_has_a_name_and_every_hint_can_be_seen():
    assert set(METHODS) >= {way.method for name, way in WAYS.items() if name != "unknown"}
    seen: set[str] = set()
    devices = [None, *load_knowledge().devices.values()]
    more = [
        SendingWay(server="smtp.example.com", user="a@example.com", sender="a@example.com", provider="sendgrid"),
        SendingWay(server="mx.example.com", port=25, sender="a@example.com", method="connector"),
    ]
    for way in (*WAYS.values(), *more):
        for device in devices:
            seen |= {hint.id for hint in sheet_data().hints if hint.holds(way, device)}
    assert {hint.id for hint in sheet_data().hints} - seen == set()
