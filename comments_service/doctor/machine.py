"""What the machine of the service is asked: its store, the manifest, the clock and the mail server."""

import shutil
from email.utils import parseaddr, parsedate_to_datetime
from urllib.parse import urlsplit

from comments_service import announcements
from comments_service.doctor.patient import Finding, Findings, Patient, fault
from comments_service.errors import PleinError
from comments_service.mail import try_out
from comments_service.network import Client, FetchError
from comments_service.pages import Asked
from comments_service.store.rows import write_again

LEAST_FREE = 200_000_000  # bytes on the disk of the database
MOST_SECONDS = 60  # others refuse what is signed five minutes ahead


async def store(patient: Patient) -> Findings:
    """The database takes a write and keeps it, and its disk has room for more."""
    path = patient.settings.service.database
    if patient.store is None:
        yield fault(f"{path} cannot be opened, so handles and signatures were not looked at", "store")
        return
    try:
        await patient.store.write(write_again)
    except PleinError as error:
        yield fault(f"{path} cannot be written: {error}", "owner", FOLDER=str(path.parent))
    if (free := shutil.disk_usage(path.parent).free) < LEAST_FREE:
        yield fault(f"only {free // 1_000_000} MB are left beside {path}", "room")


async def manifest(patient: Patient) -> Findings:
    """The manifest can be read, is whole and of this site, and would be taken in."""
    settings = patient.settings
    if patient.store is None:
        return
    try:
        asked = Asked(dry_run=True)
        intake = await announcements.announce(patient.store, settings, asked, now=patient.clock())
        wrong = f"{intake.refused}: {', '.join(intake.named)}" if intake.refused else ""
    except PleinError as error:
        wrong = "; ".join(str(error).splitlines()[:3])
    if wrong:
        yield fault(f"{settings.manifest_source} is not taken in: {wrong}", "manifest")


async def clock(patient: Patient) -> Findings:
    """This machine's clock goes with that of the web server, and with that of the git host of the site."""
    strangers = Client(patient.settings.federation.intranet)
    try:
        asked = [(patient.client, patient.settings.service_url), (strangers, patient.settings.site.repository)]
        for client, url in asked if asked[1][1] else asked[:1]:
            host = urlsplit(url).netloc
            try:
                answer = await client.request("HEAD", url, {}, most_bytes=0)
                seconds = (patient.clock() - parsedate_to_datetime(answer.headers.get("date", ""))).total_seconds()
            except (FetchError, ValueError, TypeError) as error:
                yield Finding(f"not compared with {host}: {error}")
            else:
                if abs(seconds) > MOST_SECONDS:
                    where = "ahead of" if seconds > 0 else "behind"
                    yield fault(f"this machine is {abs(seconds):.0f} s {where} {host}", "clock")
    finally:
        await strangers.close()


async def mail(patient: Patient) -> Findings:
    """The mail server takes our sender, and a mail to the contact of the site; none is sent."""
    settings, contact = patient.settings.mail, patient.settings.site.contact.removeprefix("mailto:")
    sender = parseaddr(settings.sender)[1]
    if not settings.host:
        yield fault("no mail server is set: nobody can log in", "mail-host")
    elif not sender:
        yield fault("mails have no sender", "mail-sender")
    else:
        try:
            await try_out(settings, contact if "@" in contact else sender)
        except (OSError, ValueError) as error:  # of the connection, of TLS, an address, or what the server says
            yield fault(f"{settings.host}:{settings.port} takes no mail: {error}", "mail")
