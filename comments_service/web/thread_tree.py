"""The comments of a page as its template shows them: nested, with the form that stands open."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from comments_service.model import Branch, Comment, CommentState, Mine

WITH_TEXT = (CommentState.SHOWN, CommentState.HELD)
DEEPEST = 4  # levels that are shown nested, as in embed/reading.js; a phone has no room for more


@dataclass(frozen=True)
class Form:
    """A form that stands open in the thread, with what was typed so far."""

    action: str  # comments, edit, delete, rating, ...: the last segment of the path that it is sent to
    comment_id: str | None = None  # the comment that is answered, edited or deleted
    text: str = ""
    name: str = ""
    key: str = ""
    lang: str = ""  # in which a new comment is written
    preview: str = ""  # SafeHtml of what was typed
    travels: bool = False  # may comments of this account go to other servers?
    handle: str = ""


@dataclass(frozen=True)
class Node:
    """A comment as the template shows it, with its replies."""

    comment: Comment
    name: str
    parent_name: str | None  # whom it answers, "" for who is not on the screen; None where nesting says it
    replies: tuple["Node", ...]
    more: str | None


def stands(branches: Sequence[Branch], comment_id: str) -> bool:
    """Tell whether a comment is on the screen with its text, so that a form can stand at it."""
    shown = (comment for branch in branches for comment in (branch.root, *branch.replies))
    return any(comment.id == comment_id and comment.state in WITH_TEXT for comment in shown)


def node(branch: Branch, nobody: str) -> Node:
    """A root as it stands on the screen; `nobody` is who wrote what an account that is gone has left."""
    everyone = (branch.root, *branch.replies)
    names = {comment.id: comment.author.name if comment.author else nobody for comment in everyone}
    hanging = _hanging(branch)

    def with_replies(comment: Comment, under: str | None = None) -> Node:
        return Node(
            comment=comment,
            name=names[comment.id],
            parent_name=None if comment.parent_id in (None, under) else names.get(comment.parent_id, ""),
            replies=tuple(with_replies(reply, comment.id) for reply in hanging.get(comment.id, ())),
            more=None if under else branch.next,
        )

    return with_replies(branch.root)


def held(mine: Mine | None) -> list[Branch]:
    """The reader's own comments that wait for a moderator, each by itself."""
    return [Branch(comment, (), None) for comment in mine.held] if mine else []


def _hanging(branch: Branch) -> dict[str, list[Comment]]:
    """Under which comment each reply stands: the one it answers, or, when that is too deep, the one above it.

    A reply whose parent stands on an earlier page hangs on the root.
    """
    root = branch.root.id
    depth, above = {root: 1}, {root: root}
    hanging: dict[str, list[Comment]] = defaultdict(list)
    for reply in branch.replies:
        parent = reply.parent_id if reply.parent_id in depth else root
        under = parent if parent and depth[parent] < DEEPEST else above[parent or root]
        depth[reply.id], above[reply.id] = depth[under] + 1, under
        hanging[under].append(reply)
    return hanging


def initials(name: str) -> str:
    """One or two letters, as in embed/comment.js: of the first and the last word that begins with a letter or digit."""
    firsts = [next((character for character in word if character.isalnum()), "") for word in name.split()]
    letters = [letter for letter in firsts if letter]
    return "".join(dict.fromkeys(letters[:1] + letters[-1:])).upper()[:4] or "?"
