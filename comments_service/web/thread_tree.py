"""The comments of a page as its template shows them: nested, worded, with the form that stands open in its place."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from comments_service.model import Branch, Comment, CommentState, Mine
from comments_service.web.wording import Wording

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
    asks_name: bool = False
    asks_travel: bool = False  # may comments of this account go to other servers?
    travels: bool = False  # the answer
    handle: str = ""
    label: str = ""
    button: str = ""
    description: str = ""


@dataclass(frozen=True)
class Node:
    """A comment as the template shows it, with its replies."""

    comment: Comment
    is_shown: bool
    is_held: bool  # waits for a moderator; only its author sees it
    is_helpful: bool  # as the reader voted
    name: str
    parent_name: str  # where nesting does not say whom it answers
    is_own: bool
    may_edit: bool
    form: Form | None
    replies: tuple["Node", ...]
    more: str | None


@dataclass(frozen=True)
class _Branch:
    hanging: Mapping[str, Sequence[Comment]]  # id -> what stands under it on the screen
    names: Mapping[str, str]  # id -> who wrote it, for every comment that is on the screen
    own: frozenset[str]
    votes: Mapping[str, int]
    edit_since: datetime  # what was written earlier can no longer be changed
    wording: Wording
    form: Form | None


def stands(branches: Sequence[Branch], comment_id: str) -> bool:
    """Tell whether a comment is on the screen with its text, so that a form can stand at it."""
    shown = (comment for branch in branches for comment in (branch.root, *branch.replies))
    return any(comment.id == comment_id and comment.state in WITH_TEXT for comment in shown)


def nodes(
    branches: Sequence[Branch], mine: Mine | None, edit_since: datetime, wording: Wording, form: Form | None
) -> list[Node]:
    """The branches as one reader sees them."""
    own, votes = (frozenset(mine.own), mine.votes) if mine else (frozenset[str](), {})
    found = []
    for branch in branches:
        everyone = (branch.root, *branch.replies)
        names = {comment.id: comment.author.name if comment.author else "" for comment in everyone}
        here = _Branch(_hanging(branch), names, own, votes, edit_since, wording, form)
        found.append(_node(branch.root, here, branch.next))
    return found


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


def _node(comment: Comment, here: _Branch, more: str | None, under: str | None = None) -> Node:
    parent = comment.parent_id if comment.parent_id != under else None
    return Node(
        comment=comment,
        is_shown=comment.state in WITH_TEXT,
        is_held=(is_held := comment.state is CommentState.HELD),
        is_helpful=here.votes.get(comment.id) == 1,
        name=here.names[comment.id],
        parent_name=here.names.get(parent, here.wording.say("an earlier comment")) if parent else "",
        is_own=(is_own := is_held or comment.id in here.own),
        may_edit=is_own and comment.created_at >= here.edit_since,
        form=here.form if here.form and here.form.comment_id == comment.id else None,
        replies=tuple(_node(reply, here, None, comment.id) for reply in here.hanging.get(comment.id, ())),
        more=more,
    )


def initials(name: str) -> str:
    """One or two letters, as in embed/comment.js: of the first and the last word that begins with a letter or digit."""
    firsts = [next((character for character in word if character.isalnum()), "") for word in name.split()]
    letters = [letter for letter in firsts if letter]
    return "".join(dict.fromkeys(letters[:1] + letters[-1:])).upper()[:4] or "?"
