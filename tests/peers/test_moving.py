"""A site that moves to another host: its followers come along, and what was sent before can still be changed."""

from pathlib import Path

from tests.peers.plein import Plein, site
from tests.peers.recording import Peer
from tests.service.running import wait_until

SECONDS = 20


def shown(one: Plein, base: str, uri: str) -> dict[str, object]:
    """The document of an actor, as it is read on a host."""
    path = "/" + uri.split("/", 3)[3]
    return one.ask("GET", path, None, {"Host": base.partition("://")[2]})[1]


def test_followers_move_along_and_old_posts_keep_their_ids(tmp_path: Path) -> None:
    one = site(tmp_path / "site", "127.0.0.1")
    with Peer("127.0.0.6").serving() as peer:
        try:
            one.start()
            one.log_in("Anna", "anna")
            mies, inbox = peer.person("mies"), f"{one.url}/ap/inbox"
            old = one.actor("redactie")
            follow = peer.follow(inbox, mies, old)
            wait_until(lambda: bool(peer.of_kind("Accept")), SECONDS)
            page = one.post("oud", "Oud", "Van voor de verhuizing.")
            wait_until(lambda: len(peer.statuses) == 1, SECONDS)
            (article,) = peer.statuses
            peer.create(inbox, peer.note(mies, "Antwoord.", article))
            wait_until(lambda: len(one.texts(page)) == 1, SECONDS)
            one.stop()
            new_base = one.url.replace("127.0.0.1", "localhost")
            one.command("keys", "move", f"{new_base}/")
            one.start()
            wait_until(lambda: bool(peer.of_kind("Move")), SECONDS)
            (move,) = peer.of_kind("Move")
            new = old.replace(one.url, new_base)
            assert (move["actor"], move["object"], move["target"]) == (old, old, new)
            here, there = shown(one, one.url, old), shown(one, new_base, new)
            assert (here["id"], here["movedTo"], here.get("alsoKnownAs")) == (old, new, None)
            assert (there["id"], there["alsoKnownAs"], there.get("movedTo")) == (new, [old], None)
            assert peer.send(f"{new_base}/ap/inbox", peer.activity(mies, "Follow", new)) == 202
            peer.following.add(new)
            assert peer.send(inbox, peer.activity(mies, "Undo", follow)) == 202
            wait_until(lambda: len(peer.of_kind("Accept")) == 2, SECONDS)
            one.post("nieuw", "Nieuw", "Van na de verhuizing.")
            wait_until(lambda: len(peer.statuses) == 2, SECONDS)
            (fresh,) = [status for uri, status in peer.statuses.items() if uri != article]
            assert fresh["attributedTo"] == new
            assert fresh["id"].startswith(new_base)
            one.post("oud", "Oud", "Toch nog verbeterd.")
            wait_until(lambda: "verbeterd" in peer.statuses[article]["content"], SECONDS)
            assert peer.statuses[article]["attributedTo"] == old
            one.comment("Anna", page, "En wat nu?")
            wait_until(lambda: any(status.get("inReplyTo") == article for status in peer.statuses.values()), SECONDS)
            del one.pages[page]
            one.announce(f"?withdraw={page}")
            wait_until(lambda: article in peer.tombstones, SECONDS)
        finally:
            one.stop()
