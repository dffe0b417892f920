"""What the machine of the service is asked: its store, the manifest, the clock and the mail server."""

import shutil
from email.utils import parseaddr, parsedate_to_datetime
from urllib.parse import urlsplit

from comments_service import announcements
from comments_service.announcements import Asked
from comments_service.doctor import remedies
from comments_service.doctor.patient import Finding, Findings, Patient
from comments_service.errors import Invalid, PleinError
from comments_service.mail import SmtpMailer
from comments_service.network import Client, FetchError
from comments_service.store import schema

LEAST_FREE = 200_000_000  # bytes on the disk of the database
MOST_SECONDS = 60  # others refuse what is signed five minutes ahead


async def store(patient: Patient) -> Findings:
    """The database takes a write and keeps it, and its disk has room for more."""
    path = patient.settings.service.database
    if patient.store is None:
        remedy = remedies.of_text("start the service once, and call this as its user in the folder of plein.toml")
        yield Finding(f"{path} cannot be opened, so handles and signatures were not looked at", remedy)
        return
    try:
        await patient.store.write(schema.write_again)
    except PleinError as error:
        remedy = remedies.of_text(f"let the user of the service own {path.parent}, on a disk with room")
        yield Finding(f"{path} cannot be written: {error}", remedy)
    free = shutil.disk_usage(path.parent).free
    if free < LEAST_FREE:
        yield Finding(f"only {free // 1_000_000} MB are left beside {path}", remedies.of_text("make room on this disk"))


async def manifest(patient: Patient) -> Findings:
    """The manifest can be read, is whole and of this site, and would be taken in."""
    settings, fault = patient.settings, ""
    if patient.store is None:
        return
    try:
        asked = Asked(dry_run=True)
        intake = await announcements.announce(patient.store, settings, asked, now=patient.clock())
        fault = f"{intake.refused}: {', '.join(intake.named)}" if intake.refused else ""
    except Invalid as error:
        fault = "; ".join(f"{one.field}: {one.message_id % one.values}" for one in error.faults[:3])
    except PleinError as error:
        fault = str(error)
    if fault:
        remedy = remedies.of_text("publish a whole build of this site; inv announce says more of a refusal")
        yield Finding(f"{settings.manifest_source} is not taken in: {fault}", remedy)


async def clock(patient: Patient) -> Findings:
    """This machine's clock goes with that of the web server, and of the git host, which nobody else's answers need."""
    strangers = Client(patient.settings.federation.intranet)
    asked = [(patient.client, patient.service), (strangers, patient.settings.site.repository)]
    try:
        for client, url in asked:
            if not url:
                continue
            try:
                answer = await client.request("HEAD", url, {}, most_bytes=0)
                seconds = (patient.clock() - parsedate_to_datetime(answer.headers.get("date", ""))).total_seconds()
            except (FetchError, ValueError, TypeError) as error:
                yield Finding(f"not compared with {urlsplit(url).netloc}: {error}")
                continue
            if abs(seconds) > MOST_SECONDS:
                where = f"{abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} {urlsplit(url).netloc}"
                yield Finding(f"this machine is {where}", remedies.CLOCK)
    finally:
        await strangers.close()


async def mail(patient: Patient) -> Findings:
    """The mail server takes our sender, and a mail to the contact of the site; none is sent."""
    settings, contact = patient.settings.mail, patient.settings.site.contact.removeprefix("mailto:")
    sender = parseaddr(settings.sender)[1]
    if not settings.host:
        yield Finding("no mail server is set: nobody can log in", remedies.of_text("set PLEIN_MAIL__HOST"))
    elif not sender:
        yield Finding("mails have no sender", remedies.of_text("set sender in [mail] of plein.toml"))
    else:
        try:
            await SmtpMailer(settings).try_out(contact if "@" in contact else sender)
        except OSError as error:  # of the connection, of TLS, or what the server says
            remedy = remedies.of_text("mend host, port, starttls, user, password or sender in [mail], or PLEIN_MAIL__…")
            yield Finding(f"{settings.host}:{settings.port} takes no mail: {error}", remedy)
