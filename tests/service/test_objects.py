"""What an address of ours leads to: what stands on the site that is asked, and on no other."""

from comments_service.federation import objects
from comments_service.federation.uris import Uris
from comments_service.ids import new_id
from comments_service.store import comments as comment_rows
from comments_service.store.protocol import Transaction
from tests.service.builders import NOW, SITE, SITE_URL, a_comment, a_page, an_account


def test_a_comment_is_found_on_its_own_site_alone(tx: Transaction) -> None:
    here, there = a_page(tx), a_page(tx, site_id="other")
    comment, uris, object_id = a_comment(tx, there, an_account(tx)), Uris(SITE_URL), new_id(NOW)
    comment_rows.change(tx, comment.id, object_id=object_id)
    address = f"{SITE_URL}/blogs/drempel/#c-{comment.id}"
    for site_id, page, expected in ((SITE, here, None), ("other", there, comment.id)):
        spot = objects.find(tx, site_id, uris, address)
        assert spot is not None
        assert spot.key == (site_id, page.key, expected)
        known = objects.find(tx, site_id, uris, uris.object(object_id))
        assert (known and known.key[2]) == expected
