"""The keys that our actors sign with: RSA-2048, made when first needed, loaded once."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.hazmat.primitives.serialization import load_pem_private_key as load_pem

from comments_service import consent
from comments_service.errors import NotFound
from comments_service.federation.documents import KINDS
from comments_service.store import own_actors as rows
from comments_service.store.protocol import Clock, Row, Store, Transaction
from comments_service.store.rows import text

BITS = 2048  # others infer the hash from the size of larger ones


@dataclass(frozen=True)
class OwnKey:
    """What one actor signs with; `public_pem` is SubjectPublicKeyInfo in PEM (RFC 7468, section 13)."""

    actor_id: str
    private: rsa.RSAPrivateKey
    public_pem: str


class OwnKeys:
    """Loading a key takes 50 ms, for it is checked: each is loaded once a process."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[str, OwnKey] = {}
        self._newest: set[str] = set()  # whose key is the newest one, as far as this process knows
        self._making = asyncio.Lock()

    def forget(self) -> None:
        """Look again which key is the newest: another process wrote."""
        self._newest = set()  # and who looks now notes it in the former one

    async def key(self, actor_id: str) -> OwnKey:
        """Return the newest key of an actor of ours; its first one is made now."""
        if actor_id in self._newest:
            return self._known[actor_id]
        async with self._making:
            newest, known = self._newest, self._known.get(actor_id)
            found = await self._store.read(rows.key, actor_id)
            if found is None:
                made = await asyncio.to_thread(make)
                found = await self._store.write(_keep_first, actor_id, *made, now=self._clock())
            private, public = text(found, "private_pem"), text(found, "public_pem")
            if known is None or known.public_pem != public:
                self._known[actor_id] = await asyncio.to_thread(_load, actor_id, private, public)
            newest.add(actor_id)
        return self._known[actor_id]


async def rotate(store: Store, site_id: str, handle: str | None, *, now: datetime) -> int:
    """Give an actor of a site a new key, or all of them; return how many. Its followers hear of it by an Update.

    Raises NotFound when nobody has the handle.
    """
    actors = [
        row
        for row in await store.read(rows.of_site, site_id, tuple(KINDS))
        if row["state"] != "deleted" and handle in (None, row["handle"])
    ]
    if not actors and handle is not None:
        raise NotFound("actor", handle)
    for row in actors:
        await store.write(_replace, row, *await asyncio.to_thread(make), now=now)
    return len(actors)


def _replace(tx: Transaction, row: Row, private_pem: str, public_pem: str, *, now: datetime) -> None:
    rows.add_key(tx, text(row, "id"), private_pem, public_pem, now=now)
    consent.change(tx, row, now=now)


def make() -> tuple[str, str]:
    """Return a new private and public key as PEM."""
    key = rsa.generate_private_key(65537, BITS)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.decode("ascii"), public.decode("ascii")


def _keep_first(tx: Transaction, actor_id: str, private_pem: str, public_pem: str, *, now: datetime) -> Row:
    """Two processes may make a key at once: the first one counts."""
    return rows.key(tx, actor_id) or rows.add_key(tx, actor_id, private_pem, public_pem, now=now)


def _load(actor_id: str, private_pem: str, public_pem: str) -> OwnKey:
    private = load_pem(private_pem.encode("ascii"), password=None)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise TypeError(f"the key of {actor_id} is no RSA key")
    return OwnKey(actor_id, private, public_pem)
