"""A service behind the real Caddy and nginx of deploy/: one program with a server for every way of being broken."""

import datetime as dates
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.service.running import free_port, wait_until

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
ADDRESS = "127.0.0.21"  # nobody's connections come from here and take a port that was free
HOST, WWW = "plein.example", "www.plein.example"
INSTALLED = [program for program in ("caddy", "nginx") if shutil.which(program)]


@dataclass(frozen=True)
class Broken:
    """What is changed in an example of deploy/: pairs of old and new text; and the rules of a server of WWW."""

    caddy: tuple[tuple[str, str], ...] = ()
    nginx: tuple[tuple[str, str], ...] = ()
    www: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Place:
    """Where the service listens, where the site's folder is, the certificate of HOST, and the examples to run."""

    port: int
    site: Path
    certificate: Path
    key: Path
    examples: Path = DEPLOY


def a_certificate(folder: Path) -> tuple[Path, Path, Path]:
    """Make an authority and a certificate of HOST by it; return the files of authority, certificate and key."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = dates.datetime.now(dates.UTC)

    def signed(public: ec.EllipticCurvePublicKey, subject: x509.Name, *more: tuple[x509.ExtensionType, bool]) -> bytes:
        builder = x509.CertificateBuilder(issuer, subject, public, x509.random_serial_number())
        builder = builder.not_valid_before(now - dates.timedelta(days=1)).not_valid_after(now + dates.timedelta(days=9))
        for extension, is_critical in more:
            builder = builder.add_extension(extension, is_critical)
        return builder.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    authority, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of a test")])
    own_key_id = x509.SubjectKeyIdentifier.from_public_key(authority.public_key())
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    paths = folder / "ca.pem", folder / "site.pem", folder / "site.key"
    paths[0].write_bytes(
        signed(
            authority.public_key(),
            issuer,
            (x509.BasicConstraints(True, None), True),
            (usage, True),
            (own_key_id, False),
        )
    )
    names = x509.SubjectAlternativeName([x509.DNSName(HOST), x509.DNSName(WWW)])
    by = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key())
    paths[1].write_bytes(signed(own.public_key(), name, (names, False), (by, False)))
    paths[2].write_bytes(
        own.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


@contextmanager
def in_front(program: str, folder: Path, place: Place, ways: Mapping[str, Broken]) -> Iterator[Mapping[str, str]]:
    """Run Caddy or nginx with a server for each way; yields the URLs of these, by way."""
    ports = {name: free_port(ADDRESS) for name in ways}
    whole = folder / program
    whole.write_text((_caddy if program == "caddy" else _nginx)(folder, place, ways, ports), encoding="utf-8")
    if program == "caddy":
        command = ["caddy", "run", "--adapter", "caddyfile", "--config", str(whole)]
    else:
        command = ["nginx", "-e", "stderr", "-c", str(whole), "-g", "daemon off; master_process off;"]
    with (folder / f"{program}.log").open("wb") as log:
        environment = {**os.environ, "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    try:
        wait_until(lambda: process.poll() is not None or all(map(_listens, ports.values())))
        assert process.poll() is None, (folder / f"{program}.log").read_text("utf-8")
        yield {name: f"https://{ADDRESS}:{port}" for name, port in ports.items()}
    finally:
        process.terminate()
        process.wait(60)


def _listens(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex((ADDRESS, port)) == 0


def _changed(text: str, changes: tuple[tuple[str, str], ...]) -> str:
    for old, new in changes:
        assert old in text, f"the example has no {old!r}"
        text = text.replace(old, new)
    return text


def _caddy(_: Path, place: Place, ways: Mapping[str, Broken], ports: Mapping[str, int]) -> str:
    example = (place.examples / "Caddyfile").read_text("utf-8")
    options, snippet, site = re.split(r"\n(?=\(site_headers\)|plein\.example \{)", example)
    site = site.replace("/srv/plein/site", str(place.site))
    options = options.replace("{\n", "{\n\tadmin off\n\tauto_https off\n", 1)
    secret = f"\tbind {ADDRESS}\n\ttls {place.certificate} {place.key}\n"
    for name, port in ports.items():
        block = _changed(site, ways[name].caddy).replace("127.0.0.1:8000", f"127.0.0.1:{place.port}")
        snippet += "\n" + block.replace(f"{HOST} {{\n", f"https://{HOST}:{port} {{\n{secret}", 1)
        if (rule := ways[name].www) is not None:
            snippet += f"\nhttps://{WWW}:{port} {{\n{secret}\t{rule['Caddy']}\n}}"
    return f"{options}\n{snippet}"


def _nginx(folder: Path, place: Place, ways: Mapping[str, Broken], ports: Mapping[str, int]) -> str:
    maps, _, server = (place.examples / "nginx.conf").read_text("utf-8").split("\nserver {\n")
    server = re.sub(r"\n *listen \[[^\n]*", "", server)
    for old, new in (
        ("/etc/ssl/plein.example.pem", str(place.certificate)),
        ("/etc/ssl/private/plein.example.key", str(place.key)),
        ("/srv/plein/site", str(place.site)),
        ("/var/log/nginx", str(folder)),
    ):
        server = server.replace(old, new)
    for name, port in ports.items():
        block = _changed(server, ways[name].nginx).replace("127.0.0.1:8000", f"127.0.0.1:{place.port}")
        maps += "\nserver {\n" + block.replace("listen 443 ssl;", f"listen {ADDRESS}:{port} ssl;")
        if (rule := ways[name].www) is not None:
            secret = f"ssl_certificate {place.certificate}; ssl_certificate_key {place.key};"
            maps += f"\nserver {{ listen {ADDRESS}:{port} ssl; server_name {WWW}; {secret}\n{rule['nginx']}\n}}"
    places = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = " ".join(f"{name}_temp_path {folder}/{name};" for name in places)
    types = "include /etc/nginx/mime.types; default_type application/octet-stream;"
    return f"pid {folder}/pid;\nevents {{}}\nhttp {{ {temporary} {types}\n{maps}\n}}\n"
