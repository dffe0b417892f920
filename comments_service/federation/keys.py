"""The keys that our actors sign with: RSA-2048, made when first needed, loaded once."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from comments_service.store import own_actors as rows
from comments_service.store.protocol import Row, Store, Transaction
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

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[str, OwnKey] = {}
        self._making = asyncio.Lock()

    async def key(self, actor_id: str) -> OwnKey:
        """Return the newest key of an actor of ours; its first one is made now."""
        if (known := self._known.get(actor_id)) is not None:
            return known
        async with self._making:
            found = await self._store.read(rows.keys, actor_id)
            if not found:
                made = await asyncio.to_thread(make)
                found = await self._store.write(_keep_first, actor_id, *made, now=self._clock())
            self._known[actor_id] = await asyncio.to_thread(_load, actor_id, *_newest(found))
        return self._known[actor_id]


def _newest(found: list[Row]) -> tuple[str, str]:
    return text(found[-1], "private_pem"), text(found[-1], "public_pem")


def make() -> tuple[str, str]:
    """Return a new private and public key as PEM."""
    key = rsa.generate_private_key(65537, BITS)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode("ascii"), public.decode("ascii")


def _keep_first(tx: Transaction, actor_id: str, private_pem: str, public_pem: str, *, now: datetime) -> list[Row]:
    """Two processes may make a key at once: the first one counts."""
    if not rows.keys(tx, actor_id):
        rows.add_key(tx, actor_id, private_pem, public_pem, now=now)
    return rows.keys(tx, actor_id)


def _load(actor_id: str, private_pem: str, public_pem: str) -> OwnKey:
    private = serialization.load_pem_private_key(private_pem.encode("ascii"), password=None)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise TypeError(f"the key of {actor_id} is no RSA key")
    return OwnKey(actor_id, private, public_pem)
