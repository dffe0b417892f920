"""Fates: what became of every reply from elsewhere, so that "where is my reply?" has an answer."""

from dataclasses import dataclass
from datetime import datetime

from comments_service.model import CommentState
from comments_service.store import fates as rows
from comments_service.store.protocol import Transaction
from comments_service.store.rows import record

_OF_STATE = {CommentState.HIDDEN: ("refused", "hidden"), CommentState.REMOVED: ("gone", "removed")}  # else its name


@dataclass(frozen=True)
class Fate:
    uri: str
    fate: str  # "refused", "held", "shown", "private" or "gone"
    reason: str  # a stable code; "" when there is none
    decided_at: datetime


def follow(tx: Transaction, site_id: str, uri: str, state: CommentState, *, now: datetime) -> None:
    """Note that a reply has another state now: a moderator showed, hid or removed it."""
    fate, reason = _OF_STATE.get(state, (state.value, ""))
    rows.change(tx, site_id, uri, fate, reason, now=now)


def find(tx: Transaction, site_id: str, address: str) -> Fate | None:
    """Return the fate of a reply by its id or the address of its page; None when it was never seen."""
    row = rows.find(tx, site_id, address)
    return None if row is None else record(Fate, row)
