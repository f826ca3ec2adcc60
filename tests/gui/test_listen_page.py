"""Listen to the device: the real page, real sessions by smtplib, openssl and raw sockets."""

from __future__ import annotations

import gc
import json
import smtplib
import socket
import ssl
import threading
import warnings
from email.message import EmailMessage
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox

from core.history.store import History
from core.listening.observation import from_json
from gui.controllers.listen import ListenState
from gui.models.sessions import MAX_SESSIONS, SessionModel
from tests.gui.test_accessibility import controls, name_of
from tests.gui.test_window import press, words
from tests.listening.sessions import session

SECRET = "Tr0ub4dor&3-correct-horse"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def context(*, most: ssl.TLSVersion | None = None, ca: bool = False) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if not ca:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    if most is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            made.minimum_version = made.maximum_version = most
        made.set_ciphers("ALL:@SECLEVEL=0")
    return made


def scan(sender: str = "scanner@contoso.com") -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = "maria@contoso.com"
    message["Subject"] = "Scan"
    message["Date"] = "Wed, 25 Nov 2026 10:42:07 +0000"
    message["Message-ID"] = "<1@copier.contoso.com>"
    message.set_content("A scan.\n")
    message.add_attachment(b"%PDF" + bytes(20_000), maintype="application", subtype="pdf", filename="scan0001.pdf")
    return message


@pytest.fixture
def page(window):
    window.show_page("listen")
    return window.page("listen")


@pytest.fixture
def during(qtbot):
    """Runs a client in a thread of its own while the window goes on, and hands on what it raised or returned."""

    def run(work):
        result: list = []

        def body():
            try:
                result.append((work(), None))
            except BaseException as error:  # noqa: BLE001
                result.append((None, error))

        thread = threading.Thread(target=body)
        thread.start()
        qtbot.waitUntil(lambda: bool(result), timeout=30_000)
        thread.join(5)
        value, error = result[0]
        if error is not None:
            raise error
        return value

    return run


@pytest.fixture
def listening(qtbot, page):
    """The page, listening on a port of its own; `listening(port=…, name=value)` sets fields before."""

    def start(**values) -> int:
        port = values.pop("port", None) or free_port()
        qtbot.waitUntil(lambda: page.setup.service.count() > 3)
        page.setup.set_value("ports", str(port))
        for name, value in values.items():
            page.setup.set_value(name, value)
        page.run()
        qtbot.waitUntil(lambda: page.controller.state is ListenState.LISTENING, timeout=20_000)
        return port

    yield start
    page.cancel()
    qtbot.waitUntil(lambda: not page.busy, timeout=10_000)


def send(
    port, during, *, user="scanner@contoso.com", password=SECRET, tls=None, hello="copier.contoso.com", sender=None
):
    def work():
        with smtplib.SMTP("127.0.0.1", port, local_hostname=hello, timeout=20) as client:
            client.starttls(context=context(most=tls))
            client.login(user, password)
            client.send_message(scan(), sender or "scanner@contoso.com", ["maria@contoso.com"])

    during(work)


def raw(port, during, *lines: bytes, read: bool = True):
    def work():
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            heard = connection.recv(4096) if read else b""
            for line in lines:
                connection.sendall(line)
                heard += connection.recv(65_536)
            return heard

    return during(work)


def finished(qtbot, page, count):
    qtbot.waitUntil(
        lambda: (
            page.controller.sessions.rowCount() == count
            and all(page.controller.sessions.row(place).result not in {"open", ""} for place in range(count))
        ),
        timeout=20_000,
    )
    page._show_session()


def titles(page) -> list[str]:
    return [finding.title for finding in page.findings.findings()]


def test_the_page_explains_itself_before_anything_is_started(page):
    shown = words(page)
    assert "TLS from 1.0 up is accepted here only to observe" in shown
    for step in ("1.", "2.", "3."):
        assert step in shown
    assert page.setup.start_button.isVisible()
    assert not page.can_save


def test_the_picture_of_the_design(qtbot, page, listening, during):
    port = listening(device="sharp-mx-series")
    assert f"port {port}" in page.banner.title.text()
    assert page.banner.title.text().startswith("Waiting for the copier at ")
    assert "Network Settings ▸ Services Settings ▸ SMTP" in words(page.steps)
    send(port, during, user="office@contoso.com", tls=ssl.TLSVersion.TLSv1, hello="SHARP-MX4070N")
    finished(qtbot, page, 1)
    shown = page.facts.texts()
    assert shown["Introduces itself as"].upper() == "EHLO SHARP-MX4070N"
    assert shown["Encryption"] == "STARTTLS, offers up to TLS 1.0"
    assert shown["Server name sent (SNI)"] == "none"
    assert shown["Checks the certificate"].startswith("no")
    assert shown["Signs in"].startswith("AUTH LOGIN as office@contoso.com (")
    assert "not kept" in shown["Signs in"]
    assert shown["Sender"] == "scanner@contoso.com"
    assert shown["Recipient"] == "maria@contoso.com"
    assert "1 attachment: scan0001.pdf" in shown["Message"]
    assert titles(page)[:2] == ["TLS 1.0 is refused", "Sender differs from the sign-in"]
    method = next(finding for finding in page.findings.findings() if finding.title == "Sign-in method")
    assert method.text == "AUTH LOGIN is offered by smtp.office365.com."
    assert "would be refused" in page.controller.sessions.row(0).words
    failed = page._lines.row(page._lines.first_failed_row())
    assert failed.stage.value == "tls"


def test_the_devices_password_is_compared_and_found_nowhere(qtbot, window, page, listening, during, history_folder):
    page.setup.password.setText(SECRET)
    port = listening()
    send(port, during, password=SECRET[:20])
    finished(qtbot, page, 1)
    assert "The password is cut off after 20 characters" in titles(page)
    send(port, during, password=SECRET)
    finished(qtbot, page, 2)
    assert "Password" in [f.title for f in page.controller.sessions.row(1).judgement.findings if f.severity == "ok"]
    everything = [words(page), page.banner.text.text(), *(str(row) for row in page._lines.lines_of())]
    page.cancel()
    qtbot.waitUntil(lambda: not page.busy)
    page.copy_ticket()
    qtbot.waitUntil(lambda: "What Microsoft 365 would say" in QGuiApplication.clipboard().text())
    everything.append(QGuiApplication.clipboard().text())
    written: list[str] = []
    from core.listening.observation import to_json
    from core.listening.rendering import render_text

    page.controller.written(to_json, written.append)
    page.controller.written(render_text, written.append)
    qtbot.waitUntil(lambda: len(written) == 2)
    everything += written
    everything += [path.read_text(encoding="utf-8") for path in history_folder.rglob("*.json")]
    page.keep()
    window.store.save()
    everything.append(Path(window.store.path).read_text(encoding="utf-8"))
    assert len(everything) > 6
    import base64

    for text in everything:
        for form in (SECRET, SECRET[:20], base64.b64encode(SECRET.encode()).decode()[:16]):
            assert form not in text
    assert SECRET in [secret.reveal() for secret in window.secrets()], "an error report has to know what to take out"
    page.wipe()
    assert page.setup.password.text() == ""
    assert page.secrets() == []


def test_no_object_of_the_program_keeps_the_devices_password(qtbot, page, listening, during):
    port = listening()
    unique = "only-the-device-" + "knows-this-91"
    send(port, during, password=unique)
    finished(qtbot, page, 1)
    page.cancel()
    qtbot.waitUntil(lambda: not page.busy)
    gc.collect()
    here = {id(unique)}
    found = []
    for held in gc.get_objects():
        if isinstance(held, dict | list | tuple | set):
            values = held.values() if isinstance(held, dict) else held
            try:
                found += [
                    value
                    for value in values
                    if isinstance(value, str | bytes) and id(value) not in here and len(value) < 4096 and _holds(value)
                ]
            except RuntimeError:
                continue
    del unique
    assert [value for value in found if "test_listen_page" not in str(value)] == []


def _holds(value: str | bytes) -> bool:
    needle = "only-the-device-" + "knows-this-91"
    return needle in value if isinstance(value, str) else needle.encode() in value


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("abc", "“abc” is no port: a port is a number from 1 to 65535."),
        ("0", "“0” is no port"),
        ("70000", "“70000” is no port"),
        ("25, 587, 465, 2525, 26", "At most 4 ports at once."),
    ],
)
def test_a_wrong_port_is_a_sentence_beside_the_field(qtbot, page, typed, sentence):
    page.setup.set_value("ports", typed)
    page.run()
    qtbot.waitUntil(lambda: sentence in page.setup.problem("ports"))
    assert not page.busy
    assert page.setup.isVisible()
    assert page.setup.form().ports == typed, "nothing typed is lost"


def test_a_port_in_use_is_a_sentence_with_what_helps(qtbot, page):
    with socket.create_server(("0.0.0.0", 0)) as other:
        port = other.getsockname()[1]
        page.setup.set_value("ports", str(port))
        page.run()
        qtbot.waitUntil(lambda: f"Port {port} is in use" in page.setup.problem("ports"), timeout=20_000)
    assert not page.busy
    assert "Choose another port" in words(page.setup)


def test_a_certificate_that_is_checked_is_no_fault(qtbot, page, listening, during):
    port = listening()

    def work():
        with smtplib.SMTP("127.0.0.1", port, timeout=20) as client, pytest.raises(ssl.SSLError):
            client.starttls(context=context(ca=True))

    during(work)
    finished(qtbot, page, 1)
    assert page.facts.texts()["Checks the certificate"].startswith("yes")
    found = next(finding for finding in page.findings.findings() if finding.topic == "certificate")
    assert found.severity == "info"
    assert "DigiCert Global Root G2" in found.text


def test_bare_line_feeds_and_sign_in_before_tls(qtbot, page, listening, during):
    port = listening()
    raw(
        port,
        during,
        b"EHLO KM_C258\r\n",
        b"AUTH LOGIN c2Nhbm5lckBjb250b3NvLmNvbQ==\r\n",
        b"c2VjcmV0LXBhc3N3b3Jk\r\n",
        b"MAIL FROM:<scanner@contoso.com>\r\n",
        b"RCPT TO:<maria@contoso.com>\r\n",
        b"DATA\r\n",
        b"From: scanner@contoso.com\nSubject: x\n\nhello\n\r\n.\r\n",
        b"QUIT\r\n",
    )
    finished(qtbot, page, 1)
    assert {"It does not use STARTTLS", "Lines end in LF alone"} <= set(titles(page))
    assert page.facts.texts()["Signs in"].startswith("AUTH LOGIN as scanner@contoso.com (")
    assert "before TLS" in page.facts.texts()["Signs in"]
    assert "secret-password" not in words(page)


def test_each_session_has_its_row_and_its_own_facts(qtbot, page, listening, during):
    port = listening()
    send(port, during, hello="first.contoso.com")
    raw(port, during, b"EHLO second.contoso.com\r\n", b"QUIT\r\n")
    raw(port, during, b"GET / HTTP/1.1\r\n\r\n", read=False)
    finished(qtbot, page, 3)
    model = page.controller.sessions
    assert [model.row(place).peer for place in range(3)] == ["127.0.0.1"] * 3
    assert "too little to judge" in model.row(1).words
    assert page._shown == 3, "the newest is shown while nobody chose another"
    page.sessions.choose(1)
    assert page.facts.texts()["Introduces itself as"].endswith("first.contoso.com")
    raw(port, during, b"EHLO fourth.contoso.com\r\n", b"QUIT\r\n")
    finished(qtbot, page, 4)
    assert page._shown == 1, "what somebody looks at stays"
    page.sessions.setFocus()
    qtbot.keyClick(page.sessions, Qt.Key.Key_Down)
    assert page.facts.texts()["Introduces itself as"].endswith("second.contoso.com")


def test_another_service_says_something_else(qtbot, page, listening, during):
    port = listening()
    send(port, during, user="office@contoso.com")
    finished(qtbot, page, 1)
    assert "Sender differs from the sign-in" in titles(page)
    page.service.setCurrentIndex(page.service.findData("gmail"))
    qtbot.waitUntil(lambda: "The sender will be replaced" in titles(page))
    assert page._findings_title.text() == "What Google (Gmail, Workspace) would say"
    page.service.setCurrentIndex(0)
    qtbot.waitUntil(lambda: "mail service of today" in page._findings_title.text())


def test_the_service_decides_which_sign_in_methods_are_offered(qtbot, page, listening, during):
    port = listening()
    assert b"250 AUTH LOGIN XOAUTH2" in raw(port, during, b"EHLO x.example.com\r\n")
    finished(qtbot, page, 1)
    page.cancel()
    qtbot.waitUntil(lambda: not page.busy)
    port = listening(only_service_mechanisms=False)
    assert b"CRAM-MD5" in raw(port, during, b"EHLO x.example.com\r\n")


def test_leaving_the_page_stops_listening_and_keeps_what_was_seen(qtbot, window, page, listening, during):
    port = listening()
    assert window.navigation._buttons[[p.id for p in _pages()].index("listen")].active
    assert window.windowTitle() == "Sendproof – listening"
    send(port, during)
    finished(qtbot, page, 1)
    window.show_page("explain")
    qtbot.waitUntil(lambda: not page.busy, timeout=10_000)
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", port), timeout=2):  # noqa: PT011
        pass
    window.show_page("listen")
    assert "It was stopped when the page was left." in page.banner.text.text()
    assert page.can_save
    assert page.facts.texts()
    assert not window.navigation._buttons[[p.id for p in _pages()].index("listen")].active
    assert window.windowTitle() == "Sendproof"
    assert len(History().entries()) == 1
    assert History().entries()[0].kind == "listen"


def _pages():
    from gui.pages.table import PAGES

    return PAGES


def test_closing_the_window_stops_listening(qtbot, window, page, listening):
    port = listening()
    window.close()
    qtbot.waitUntil(lambda: not page.busy, timeout=10_000)
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", port), timeout=2):  # noqa: PT011
        pass


def test_ended_at_once_it_is_in_the_history_all_the_same(qtbot, page, listening, during):
    port = listening()
    send(port, during)
    finished(qtbot, page, 1)
    page.controller.abort()  # as a second press on Stop does
    qtbot.waitUntil(lambda: not page.busy, timeout=10_000)
    assert page.can_save
    assert [entry.kind for entry in History().entries()] == ["listen"]


def test_keys_start_and_stop(qtbot, window, page):
    page.setup.set_value("ports", str(free_port()))
    press(qtbot, window, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: page.controller.state is ListenState.LISTENING, timeout=20_000)
    press(qtbot, window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not page.busy, timeout=10_000)
    assert page.setup.isVisible(), "without a session there is nothing to look at but the form"


def test_the_search_stays_on_the_page(qtbot, window, page, listening, during):
    port = listening()
    press(qtbot, window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert page.busy, "another page would have stopped it"
    send(port, during)
    finished(qtbot, page, 1)
    window.open_find()
    qtbot.keyClicks(page.transcript.find_bar.field, "RCPT")
    window.find_next(1)
    assert page.isVisible()
    assert page.busy
    assert page.transcript._matches
    window.copy_transcript()
    text = QGuiApplication.clipboard().text()
    assert "listening to a device" in text
    assert "C the device, S Sendproof" in text
    assert "maria@contoso.com" in text


def test_try_it_as_the_copier_would(qtbot, window, page, listening, during):
    port = listening()
    send(port, during, user="office@contoso.com", tls=ssl.TLSVersion.TLSv1, hello="SHARP-MX4070N")
    finished(qtbot, page, 1)
    page.replay_button.click()
    qtbot.waitUntil(lambda: window.check_page.isVisible())
    values = window.check_page.form.values()
    assert (values.server, values.port, values.security) == ("smtp.office365.com", "587", "starttls")
    assert (values.user, values.mechanism) == ("office@contoso.com", "login")
    assert (values.sender, values.recipients) == ("scanner@contoso.com", ("maria@contoso.com",))
    assert values.ehlo.upper() == "SHARP-MX4070N"
    assert (values.tls_max, values.sni) == ("1.0", False)
    assert "AES128-SHA" in values.ciphers
    assert values.password is None
    boxes = [box for box in window.findChildren(QMessageBox) if box.isVisible()]
    assert "Type the password again" in boxes[0].informativeText()
    boxes[0].close()


@pytest.mark.parametrize(("ending", "begins"), [("txt", "Listening to a device"), ("md", "# Listening"), ("json", "{")])
def test_saving(qtbot, tmp_path, page, listening, during, ending, begins):
    port = listening()
    send(port, during)
    finished(qtbot, page, 1)
    page.cancel()
    qtbot.waitUntil(lambda: not page.busy)
    page.save()
    dialog = page.findChild(QFileDialog)
    path = tmp_path / f"device.{ending}"
    dialog.fileSelected.emit(str(path))
    dialog.close()
    qtbot.waitUntil(lambda: "Saved" in page.status.text())
    text = path.read_text(encoding="utf-8")
    assert text.startswith(begins)
    assert "scanner@contoso.com" in text.replace("\\", "")
    if ending == "json":
        document = from_json(text)
        assert document.judgements[0].findings
        assert document.choices.provider == "microsoft365-submission"
        assert json.loads(text)["schema"] == "sendproof.listen/1"


def test_what_cannot_be_written_is_said(qtbot, tmp_path, page, listening, during):
    port = listening()
    send(port, during)
    finished(qtbot, page, 1)
    page.save()
    dialog = page.findChild(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "missing" / "device.txt"))
    dialog.close()
    qtbot.waitUntil(lambda: any(box.isVisible() for box in page.window().findChildren(QMessageBox)))
    box = next(box for box in page.window().findChildren(QMessageBox) if box.isVisible())
    assert "could not be written" in box.text()
    box.close()


# Pass-through


def test_pass_through_needs_consent_and_recipients(qtbot, page):
    page.setup.relay.setChecked(True)
    page.setup.set_value("relay_server", "not a server")
    page.setup.set_value("relay_port", "x")
    page.run()
    qtbot.waitUntil(lambda: bool(page.setup.problem("relay_consent")))
    assert not page.busy
    for name in ("relay_server", "relay_port", "relay_recipients", "relay_consent"):
        assert page.setup.problem(name), name
    shown = words(page.setup)
    assert "really delivered" in shown
    assert "User name and password then go to that server, and nowhere else" in shown


def test_pass_through_is_filled_in_with_the_services_server(qtbot, page):
    qtbot.waitUntil(lambda: page.setup.service.count() > 3)
    page.setup.relay.setChecked(True)
    form = page.setup.form()
    assert (form.relay_server, form.relay_port, form.relay_security) == ("smtp.office365.com", "587", "starttls")
    assert not form.relay_consent


class PlainServer:
    """A mail server of few words for the far side of pass-through; notes the recipients it was told of."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.heard: list[str] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        self.socket.settimeout(30)
        try:
            connection, _address = self.socket.accept()
        except OSError:
            return
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 mx.example.com ESMTP\r\n")
            for line in lines:
                text = line.decode("utf-8", "replace").strip()
                self.heard.append(text)
                verb = text[:4].upper()
                answers = {
                    "EHLO": "250-mx.example.com\r\n250 SIZE 1000000",
                    "MAIL": "250 2.1.0 OK",
                    "RCPT": "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)",
                    "RSET": "250 OK",
                    "QUIT": "221 Bye",
                }
                connection.sendall((answers.get(verb, "500 What?") + "\r\n").encode())
                if verb == "QUIT":
                    return


def test_pass_through_shows_the_real_servers_answer(qtbot, page, listening, during):
    server = PlainServer()
    page.setup.relay.setChecked(True)
    port = listening(
        relay_server="127.0.0.1",
        relay_port=str(server.port),
        relay_security="none",
        relay_recipients="maria@contoso.com",
        relay_consent=True,
    )
    assert "really delivered" in page.banner.text.text()

    def work():
        with smtplib.SMTP("127.0.0.1", port, local_hostname="copier.contoso.com", timeout=20) as client:
            client.ehlo()
            assert client.mail("scanner@contoso.com")[0] == 250
            assert client.rcpt("somebody@example.net")[0] == 550
            assert client.rcpt("maria@contoso.com")[0] == 550

    during(work)
    finished(qtbot, page, 1)
    first = page.findings.findings()[0]
    assert first.title.startswith("The real server’s answer")
    assert first.cause == "recipient-access-denied"
    assert [line for line in server.heard if line.startswith("RCPT")] == ["RCPT TO:<maria@contoso.com>"]
    page.side.setCurrentIndex(1)
    assert any("5.4.1" in row.text for row in page._lines.lines_of())
    page.cancel()
    qtbot.waitUntil(lambda: not page.busy)
    assert not page.setup.form().relay_consent, "consent holds once"
    server.socket.close()


# Where it listens


def place(address, port=2525, **more):
    from core.listening.observation import Place

    return Place(address=address, port=port, **more)


def test_the_address_to_type_is_one_that_a_copier_can_reach(page):
    places = (
        place("172.17.0.1", virtual=True, adapter="docker0"),
        place("192.168.1.37"),
        place("192.168.1.37", 465, implicit_tls=True),
        place("10.8.0.2"),
        place("fe80::1"),
    )
    page._stack.setCurrentWidget(page._board)
    page.banner.show_listening(places, 0, "")
    QApplication.processEvents()
    assert page.banner.title.text() == "Waiting for the copier at 192.168.1.37, port 2525 or 465"
    page.banner.copy_address.click()
    assert QGuiApplication.clipboard().text() == "192.168.1.37"
    shown = words(page.banner)
    assert "On port 465 TLS begins with the first octet" in shown
    others = [button.text() for button in page.banner._others.findChildren(type(page.banner.copy_address))]
    assert others == ["172.17.0.1", "10.8.0.2"]
    assert "(a virtual network)" in shown


def test_when_nothing_arrives_it_is_said_what_can_be_the_reason(page):
    from core.listening.problems import nothing_arrives

    page._stack.setCurrentWidget(page._board)
    page._arrange()
    page.steps.show_steps(place("192.168.1.37"), None)
    page._advice(nothing_arrives("192.168.1.37, port 2525", 2525))
    QApplication.processEvents()
    shown = words(page.steps)
    assert "192.168.1.37" in shown
    assert "irewall" in shown


def test_devices_of_other_networks_are_named(page):
    from core.listening.observation import TurnedAway

    page._turned_away(TurnedAway(address="203.0.113.5", why="public-address", count=2))
    assert "203.0.113.5 (it is not of the local network), 2 times" in page.advice.text()
    page.setup.set_value("allow_public", True)
    assert "Anybody who can reach this computer" in page.setup.problem("allow_public")


# Bounds


def test_the_list_of_sessions_is_bounded_and_keeps_what_shows_most():
    model = SessionModel()
    model.put(session(), "a message", ended=True)
    for number in range(2, MAX_SESSIONS + 60):
        empty = session({"number": number, "envelopes": [], "sign_ins": [], "tls": "@none", "hello": "@none"})
        model.put(empty, "nothing", ended=True)
    assert model.rowCount() == MAX_SESSIONS
    assert model.session(1) is not None
    assert model.session(2) is None
    assert model.dropped == 59


def test_two_hundred_hostile_connections_leave_the_window_working(qtbot, page, listening, during):
    port = listening()

    def flood():
        for number in range(200):
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                    connection.sendall(bytes([number]) * 300 + b"\r\n\x16\x03\x01<b>&amp;\x1b[2J\r\n")
            except OSError:
                continue

    during(flood)

    def is_let_in() -> bool:
        try:
            send(port, during, hello="afterwards.contoso.com")
        except smtplib.SMTPConnectError:  # 421: so many connections of one device at a time
            return False
        return True

    qtbot.waitUntil(is_let_in, timeout=30_000)
    qtbot.waitUntil(
        lambda: any(
            "afterwards.contoso.com: a message" in page.controller.sessions.row(place).headline
            for place in range(page.controller.sessions.rowCount())
        ),
        timeout=30_000,
    )
    assert page.controller.sessions.rowCount() <= MAX_SESSIONS
    assert "\x1b" not in words(page)


def test_every_control_of_the_page_has_a_name_and_can_be_reached(qtbot, page, listening, during):
    page.setup.options.setChecked(True)
    page.setup.relay.setChecked(True)
    assert [repr(widget) for widget in controls(page) if not name_of(widget).strip()] == []
    page.setup.relay.setChecked(False)
    port = listening()
    send(port, during)
    finished(qtbot, page, 1)
    assert [repr(widget) for widget in controls(page) if not name_of(widget).strip()] == []
    unreachable = [
        widget
        for widget in (page.banner.stop_button, page.banner.copy_address, page.sessions, page.service, page.save_button)
        if not widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    assert unreachable == []
