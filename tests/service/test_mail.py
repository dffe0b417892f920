"""Mail: through a real SMTP server, and in the box of the development server."""

import asyncio
from email import message_from_bytes
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from comments_service.mail import DevMailbox, Message, as_email, send
from comments_service.settings import MailSettings
from tests.service.running import free_port

MESSAGE = Message("anna@example.org", "Inloggen bij Plein – één klik", "Uw code is 123456.\n", "<p>Uw code</p>")


class Box:
    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        del server, session
        self.envelopes.append(envelope)
        return "250 OK"


def test_a_message_travels_as_text_and_html() -> None:
    box = Box()
    port = free_port()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    try:
        settings = MailSettings(host="127.0.0.1", port=port, starttls=False, sender="Plein <noreply@plein.example>")
        asyncio.run(send(settings, MESSAGE))
    finally:
        server.stop()
    assert box.envelopes[0].rcpt_tos == ["anna@example.org"]
    content = box.envelopes[0].content
    assert isinstance(content, bytes)
    mail = message_from_bytes(content, policy=default)
    assert mail["Subject"] == MESSAGE.subject
    assert mail["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_a_header_cannot_be_smuggled_in() -> None:
    with pytest.raises(ValueError, match=r"linefeed|newline"):
        as_email(Message("a@b\r\nBcc: c@d", "x", "x"), "noreply@plein.example")


def test_a_server_that_is_not_there_is_an_error() -> None:
    settings = MailSettings(host="127.0.0.1", port=1, sender="noreply@plein.example")
    with pytest.raises(OSError):  # noqa: PT011 - which one is the system's choice
        asyncio.run(send(settings, MESSAGE))


def test_the_development_box_keeps_and_shows_mail(capsys: pytest.CaptureFixture[str]) -> None:
    box = DevMailbox()
    asyncio.run(box.send(MESSAGE))
    assert box.messages == [MESSAGE]
    assert "123456" in capsys.readouterr().out
