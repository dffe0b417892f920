"""The door out for mail: SMTP by settings, or a box in memory while developing."""

import asyncio
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid, parseaddr

from comments_service.settings import MailSettings

TIMEOUT_SECONDS = 20.0


@dataclass(frozen=True)
class Message:
    to: str
    subject: str
    text: str
    html: str = ""


async def send(settings: MailSettings, message: Message) -> None:
    """Hand a message over to the SMTP server of the settings. Raises OSError, and then nothing was sent."""
    await asyncio.to_thread(_send, settings, message)


async def try_out(settings: MailSettings, to: str) -> None:
    """Go as far as the server's word that it would take a mail for `to`, and send none. Raises OSError."""
    await asyncio.to_thread(_try_out, settings, to)


def _send(settings: MailSettings, message: Message) -> None:
    with _server(settings) as server:
        server.send_message(as_email(message, settings.sender))


def _try_out(settings: MailSettings, to: str) -> None:
    with _server(settings) as server:
        server.ehlo_or_helo_if_needed()
        for code, answer in (server.mail(parseaddr(settings.sender)[1]), server.rcpt(to)):
            if code not in (250, 251):
                raise smtplib.SMTPResponseException(code, answer.decode("utf-8", "replace"))


@contextmanager
def _server(settings: MailSettings) -> Iterator[smtplib.SMTP]:
    """A server that we are known to (RFC 5321, STARTTLS by RFC 3207)."""
    with smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT_SECONDS) as server:
        if settings.starttls:
            server.starttls(context=ssl.create_default_context())
        if settings.user:
            server.login(settings.user, settings.password.get_secret_value())
        yield server


class DevMailbox:
    """Keeps messages in memory, newest last, and shows them in the terminal. For development and tests."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def send(self, message: Message) -> None:
        self.messages.append(message)
        rule = "-" * 72
        print(f"{rule}\nMail to {message.to}: {message.subject}\n\n{message.text}\n{rule}", flush=True)  # noqa: T201


def as_email(message: Message, sender: str) -> EmailMessage:
    """Return the message as it travels (RFC 5322); header values with a line end raise ValueError."""
    email = EmailMessage(policy=SMTP)
    email["From"] = sender
    email["To"] = message.to
    email["Subject"] = message.subject
    email["Date"] = formatdate(usegmt=True)
    email["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].strip("> ") or "localhost")
    email["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
    email.set_content(message.text)
    if message.html:
        email.add_alternative(message.html, subtype="html")
    return email
