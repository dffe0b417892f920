"""The comments of a page as its template shows them: nested, with the form that stands open."""

from collections.abc import Sequence
from dataclasses import dataclass, field

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


@dataclass
class Node:
    """A comment as the template shows it, with its replies."""

    comment: Comment
    name: str
    parent_name: str | None  # whom it answers, "" for who is not on the screen; None where nesting says it
    more: str | None = None
    replies: list["Node"] = field(default_factory=list)


def stands(branches: Sequence[Branch], comment_id: str) -> bool:
    """Tell whether a comment is on the screen with its text, so that a form can stand at it."""
    shown = (comment for branch in branches for comment in (branch.root, *branch.replies))
    return any(comment.id == comment_id and comment.state in WITH_TEXT for comment in shown)


def node(branch: Branch, nobody: str) -> Node:
    """A root as it stands on the screen; `nobody` is who wrote what an account that is gone has left.

    A reply stands under the one that it answers or, where that is too deep, beside it. One whose parent stands on an
    earlier page hangs on the root.
    """
    root = Node(branch.root, _name(branch.root, nobody), "" if branch.root.parent_id else None, branch.next)
    places = {branch.root.id: (root, 1, root)}  # each with its depth, and what it stands under
    for reply in branch.replies:
        answered = places.get(reply.parent_id or "")
        under, depth, above = answered or places[branch.root.id]
        if depth == DEEPEST:
            under, depth = above, depth - 1
        parent_name = None if reply.parent_id == under.comment.id else answered[0].name if answered else ""
        shown = Node(reply, _name(reply, nobody), parent_name)
        under.replies.append(shown)
        places[reply.id] = shown, depth + 1, under
    return root


def _name(comment: Comment, nobody: str) -> str:
    return comment.author.name if comment.author else nobody


def held(mine: Mine | None) -> list[Branch]:
    """The reader's own comments that wait for a moderator, each by itself."""
    return [Branch(comment, (), None) for comment in mine.held] if mine else []


def initials(name: str) -> str:
    """One or two letters, as in embed/comment.js: of the first and the last word that begins with a letter or digit."""
    firsts = [next((character for character in word if character.isalnum()), "") for word in name.split()]
    letters = [letter for letter in firsts if letter]
    return "".join(dict.fromkeys(letters[:1] + letters[-1:])).upper()[:4] or "?"
