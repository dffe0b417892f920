"""An own certificate authority for tests, and the names a.test, b.test, … that lead to this machine."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DOMAIN = ".test"  # RFC 6761: of nobody
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Authority:
    """`ca.pem` is what peers trust; `server.pem` holds the one key and certificate of all names."""

    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def server_file(self) -> Path:
        return self.folder / "server.pem"

    @cached_property
    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.file))

    def go_ahead(self, seconds: int) -> None:
        """Let the clocks of all sites be ahead."""
        new = self.folder / "ahead.new"
        new.write_text(str(seconds), "ascii")
        new.replace(self.folder / "ahead")  # whole: it is read all the time

    @classmethod
    def make(cls, folder: Path, *names: str) -> "Authority":
        made = cls(folder)
        now = datetime.now(UTC)
        own_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tests")])

        def begin(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
            builder = x509.CertificateBuilder(issuer_name=issuer, subject_name=subject, public_key=public)
            builder = builder.serial_number(x509.random_serial_number())
            builder = builder.not_valid_before(now - DAY).not_valid_after(now + DAY)
            own_id = x509.SubjectKeyIdentifier.from_public_key(own_key.public_key())
            by = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own_id)
            return builder.add_extension(by, critical=False)

        usage = dict.fromkeys(
            ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only"), False
        )
        signs = x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=True, decipher_only=False, **usage)
        root = begin(issuer, own_key.public_key()).add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        root = root.add_extension(x509.SubjectKeyIdentifier.from_public_key(own_key.public_key()), critical=False)
        certificate = root.add_extension(signs, critical=True).sign(own_key, hashes.SHA256())
        made.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

        leaf = begin(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])]), key.public_key())
        leaf = leaf.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        leaf = leaf.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        signed = leaf.sign(own_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        made.server_file.write_bytes(private + signed)
        return made
