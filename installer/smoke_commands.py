"""The built program in a terminal: what each command leaves in files, and the exit status it ends with."""

from __future__ import annotations

import json
import shutil
import smtplib
import ssl
import subprocess
from pathlib import Path
from typing import Any

from core.places import PORTABLE_DATA, PORTABLE_MARK
from installer.machine import Windows
from installer.proving import FOUNDING_CASE, QUIET, WAIT_SECONDS, Failed, expect, free_port, until

PASSWORD = "the copier's own password"
"""What must stand in no file."""
CAUSE = "Spamhaus"
"""What each document on the founding case has to name."""


def document(
    machine: Windows, program: Path, work: Path, *arguments: str, environment: dict[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    """Run a command with `--format json --output` and return exit status and document."""
    output = work / f"{arguments[0]}.json"
    output.unlink(missing_ok=True)
    asked = [*arguments, "--format", "json", "--output", machine.path(output)]
    result = machine.run(program, *asked, cwd=work, environment=environment)
    if not output.is_file():
        said = result.stderr.decode(errors="replace")
        raise Failed(f"{arguments[0]} left no document, status {result.returncode}: {said}")
    return result.returncode, json.loads(output.read_text(encoding="utf-8"))


def finds_founding_case(machine: Windows, program: Path, work: Path) -> None:
    """Everything fine until RCPT TO: the line is on a blocklist."""
    status, report = document(machine, program, work, "check", "--practice", FOUNDING_CASE)
    seen = (status, report["outcome"], report["failed_stage"], report["diagnosis"]["cause"])
    expect(seen == (1, "stopped", "rcpt-to", "ip-blocklisted"), f"{FOUNDING_CASE}: {seen}")
    expect(report["diagnosis"]["confidence"] == "certain", f"{FOUNDING_CASE}: {report['diagnosis']}")


def holds_tls(machine: Windows, program: Path, work: Path) -> None:
    """A handshake with Windows' Python, its certificate trusted; another, refused for the right reason."""
    status, report = document(machine, program, work, "check", "--practice", "implicit-tls-465")
    (tls,) = [stage for stage in report["stages"] if stage["stage"] == "tls"]
    seen = (status, report["outcome"], tls["status"], tls["details"].get("version"))
    expect(seen == (0, "accepted", "passed", "1.3"), f"implicit-tls-465: {seen}")
    status, report = document(machine, program, work, "check", "--practice", "certificate-wrong-name")
    seen = (status, report["failed_stage"], report["diagnosis"]["cause"])
    expect(seen == (1, "tls", "certificate-name-mismatch"), f"certificate-wrong-name: {seen}")


def keeps_history(machine: Windows, program: Path, folder: Path) -> None:
    """A portable program in `folder` keeps a check beside itself, lists it and gives it out again."""
    (folder / PORTABLE_MARK).touch()
    kept = folder / PORTABLE_DATA / "history"
    shutil.rmtree(kept, ignore_errors=True)
    switched_on = {"SENDPROOF_HISTORY": ""}
    status, report = document(machine, program, folder, "check", "--practice", FOUNDING_CASE, environment=switched_on)
    expect(status == 1, f"the check ended with {status}")
    files = list(kept.glob("*"))
    expect(len(files) == 1 and files[0].suffix == ".json", f"beside the program is kept: {files}")
    status, listed = document(machine, program, folder, "history", "list", environment=switched_on)
    (run,) = listed["runs"]
    seen = (status, run["outcome"], run["cause"], run["damaged"], Path(run["path"].replace("\\", "/")).name)
    expect(seen == (0, "stopped", "ip-blocklisted", "", files[0].name), f"the history lists: {seen}")
    status, shown = document(machine, program, folder, "history", "show", "last", environment=switched_on)
    expect((status, shown["proof"]) == (0, report["proof"]), "the history shows another report than was kept")


def makes_documents(machine: Windows, program: Path, work: Path) -> None:
    """Ticket notes of a saved report as HTML and PDF, a comparison, and a device's settings sheet."""
    document(machine, program, work, "check", "--practice", FOUNDING_CASE)
    report = machine.path(work / "check.json")
    page, paper = work / "ticket.html", work / "ticket.pdf"
    for target in (page, paper):
        result = machine.run(program, "report", report, "--output", machine.path(target), "--client", "Contoso")
        said = result.stderr.decode(errors="replace")
        expect(result.returncode == 0 and target.is_file(), f"{target.name}: status {result.returncode}: {said}")
        expect("The seal is intact" in said, f"report said: {said}")
    text = page.read_text(encoding="utf-8")
    expect(CAUSE in text and "Contoso" in text and text.rstrip().endswith("</html>"), f"the HTML begins {text[:300]!r}")
    content = paper.read_bytes()
    whole = content.startswith(b"%PDF-") and content.rstrip().endswith(b"%%EOF")
    expect(whole and b"/FontFile" in content, f"the PDF of {len(content)} bytes is no whole document with letters")
    if reader := shutil.which("pdftotext"):
        words = subprocess.run(
            [reader, "-enc", "UTF-8", str(paper), "-"], capture_output=True, check=True, timeout=60
        ).stdout.decode(errors="replace")
        expect(CAUSE in words and "Contoso" in words, f"the PDF reads: {words[:500]}")
    status, compared = document(machine, program, work, "compare", report, report)
    expect((status, compared["schema"]) == (0, "sendproof.compare/1"), f"compare: {status}, {compared['schema']}")
    sheet = work / "sheet.html"
    result = machine.run(program, "sheet", "--server", "smtp.office365.com", "--output", machine.path(sheet),
                         "--format", "html", "--from", "scanner@contoso.com")  # fmt: skip
    written = sheet.read_text(encoding="utf-8") if sheet.is_file() else ""
    expect(result.returncode == 0 and "smtp.office365.com" in written, f"the sheet: {result.stderr!r} {written[:300]}")


def watches(machine: Windows, program: Path, work: Path) -> None:
    """One run of a watch, summed up."""
    status, watched = document(machine, program, work, "watch", "--practice", FOUNDING_CASE, "--times", "1")
    seen = (status, watched["outcome"], watched["cause"], [run["outcome"] for run in watched["runs"]])
    expect(seen == (1, "stopped", "ip-blocklisted", ["stopped"]), f"watch: {seen}")


def recommends_a_way(machine: Windows, program: Path, work: Path) -> None:
    """A search at a practice tenant whose site is on a blocklist: signing in gets through."""
    status, found = document(machine, program, work, "find", "--practice", "blocklisted-tenant")
    recommended = found["recommendation"]
    seen = (status, found["outcome"], recommended["verdict"], recommended["way"])
    expect(seen == (0, "accepted", "recommended", "microsoft365-submission"), f"find: {seen}")


def measures_packets(machine: Windows, program: Path, work: Path) -> None:
    """Windows' own echo, to this computer."""
    status, measured = document(machine, program, work, "mtu", "127.0.0.1")
    seen = (status, measured["outcome"], measured["method"], measured["mtu"])
    expect(seen == (0, "fine", "IcmpSendEcho", 1500), f"mtu: {seen}, {measured['reason']}")


def listens(machine: Windows, program: Path, work: Path) -> None:
    """A device beside it signs in over TLS and sends a scan; the document tells so, without the password."""
    port, output = free_port(), work / "listen.json"
    output.unlink(missing_ok=True)
    command = machine.command(
        program, "listen", "--port", str(port), "--address", "127.0.0.1", "--sessions", "1", "--for", "60s",
        "--format", "json", "--output", machine.path(output),
    )  # fmt: skip
    with subprocess.Popen(command, env=machine.environment, **QUIET) as process:
        try:
            until(lambda: _scans(port) or process.poll() is not None, "nobody listened")
            status = process.wait(WAIT_SECONDS)
        finally:
            if process.poll() is None:
                machine.kill(program.name)
    expect(output.is_file(), f"listening left no document, status {status}")
    text = output.read_text(encoding="utf-8")
    heard = json.loads(text)
    (session,) = heard["sessions"]
    expect(status == 0, f"listening ended with {status}: {text[:1500]}")
    expect("copier.fabrikam.com" in session["hello"] and session["tls"], f"listening saw: {json.dumps(session)[:1500]}")
    expect("scanner@contoso.com" in text and PASSWORD not in text, f"listening wrote: {text[:1500]}")


def _scans(port: int) -> bool:
    """Be a device for one session; return whether there was a server to have it with."""
    anything = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anything.check_hostname, anything.verify_mode = False, ssl.CERT_NONE
    try:
        with smtplib.SMTP("127.0.0.1", port, local_hostname="copier.fabrikam.com", timeout=WAIT_SECONDS) as device:
            device.starttls(context=anything)
            device.login("scanner@contoso.com", PASSWORD)
            device.sendmail("scanner@contoso.com", ["office@contoso.com"], "Subject: Scan\r\n\r\nA page.\r\n")
    except ConnectionRefusedError:
        return False
    return True
