"""What became of a reply from elsewhere, in words: one sentence for each reason that a fate can have."""

from collections.abc import Mapping

from comments_service.fates import Fate
from comments_service.language import N_

FATES = {
    "shown": N_("It is shown."),
    "held": N_("It waits for a moderator."),
    "refused": N_("It was refused."),
    "private": N_("It is private: it was not addressed to everyone. No text of it is kept."),
    "gone": N_("It is gone."),
}
_SENTENCES = {
    N_("Its server cannot be asked now. Try again later."): "asked-lately unreachable too-many-fetches",
    N_("Parts that belong together are on different servers."): "author-of-another-origin endpoint-of-another-origin",
    N_("What its server sends cannot be read, or is too large."): "bad-json too-deep too-large",
    N_("This is not a whole address that starts with https://."): "bad-uri not-https",
    N_("The author's own document lacks what is needed."): "bad-username no-inbox not-an-actor no-key bad-key",
    N_("Its author or server is blocked here."): "blocked",
    N_("Its author blocks us."): "blocks-us",
    N_("There is nothing at this address any more."): "gone other-id",
    N_("Somebody else signed it, or it changes what another wrote."): "key-not-named not-the-author",
    N_("It is not a text, or a part is missing."): "no-author not-a-text not-an-activity no-object",
    N_("The page that it answers is not there."): "no-such-page",
    N_("The comments on that page are closed."): "thread-closed",
    N_("What it answers is hidden or gone."): "parent-not-shown",
    N_("It answers nothing of this site."): "not-in-a-thread not-a-reply",
    N_("It holds no text that can be shown."): "no-text",
    N_("It is longer than a comment may be."): "too-long",
    N_("Its server sends another kind of document."): "not-activitystreams",
    N_("It is not addressed to everyone."): "not-addressed-to-everyone",
    N_("Its author took it back."): "deleted-before-it-came deleted",
    N_("A moderator refused it."): "held",
    N_("A moderator hid it."): "hidden",
    N_("It was removed here."): "removed",
    N_("Its handle is not proved by its server."): "handle-not-proved",
    N_("It is the first comment of this person."): "first",
    N_("Many comments came at once."): "flood",
    N_("Everything of this person or server waits."): "policy",
}
SENTENCES: Mapping[str, str] = {
    reason: sentence for sentence, reasons in _SENTENCES.items() for reason in reasons.split()
}


def sentences(fate: Fate) -> list[str]:
    """The msgids of what became of a reply and, as far as one is known, why."""
    why = SENTENCES.get(fate.reason.partition(":")[0])
    return [FATES[fate.fate], *([why] if why else [])]
