"""SQL of ratings: one per account and page. The counters of a page stand in its thread."""

from datetime import datetime

from comments_service.store.protocol import Transaction, utc_text
from comments_service.store.rows import number


def get(tx: Transaction, site_id: str, page_key: str, account_id: str) -> int | None:
    row = tx.one(
        "SELECT stars FROM rating WHERE site_id = :site_id AND page_key = :page_key AND account_id = :account_id",
        {"site_id": site_id, "page_key": page_key, "account_id": account_id},
    )
    return None if row is None else number(row, "stars")


def put(tx: Transaction, site_id: str, page_key: str, account_id: str, stars: int, *, now: datetime) -> None:
    tx.run(
        "INSERT INTO rating (site_id, page_key, account_id, stars, rated_at) "
        "VALUES (:site_id, :page_key, :account_id, :stars, :now) "
        "ON CONFLICT (site_id, page_key, account_id) "
        "DO UPDATE SET stars = excluded.stars, rated_at = excluded.rated_at",
        {
            "site_id": site_id,
            "page_key": page_key,
            "account_id": account_id,
            "stars": stars,
            "now": utc_text(now),
        },
    )


def remove(tx: Transaction, site_id: str, page_key: str, account_id: str) -> None:
    tx.run(
        "DELETE FROM rating WHERE site_id = :site_id AND page_key = :page_key AND account_id = :account_id",
        {"site_id": site_id, "page_key": page_key, "account_id": account_id},
    )
