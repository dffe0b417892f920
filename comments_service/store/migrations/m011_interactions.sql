-- What people of a site do on other servers, and what those publish whom they follow.

CREATE TABLE interaction (
    id TEXT PRIMARY KEY,
    site_id TEXT NOT NULL,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('Like', 'Announce', 'Follow', 'Block', 'QuoteRequest')),
    uri TEXT NOT NULL,                -- of what is liked, boosted or quoted, or of who is followed or blocked
    actor_id TEXT NOT NULL REFERENCES actor (id),   -- whose that is
    comment_id TEXT REFERENCES comment (id),        -- that quotes
    activity_id TEXT,                 -- what was sent; NULL: it is on the way
    answer TEXT,                      -- of a Follow or QuoteRequest: accepted, rejected, or the address of a stamp
    is_wanted INTEGER NOT NULL DEFAULT 1,           -- 0: to be undone
    made_at TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX interaction_once ON interaction (account_id, site_id, kind, uri, coalesce(comment_id, ''));
CREATE INDEX interaction_by_actor ON interaction (actor_id, kind);
CREATE INDEX interaction_by_activity ON interaction (activity_id);
CREATE INDEX interaction_by_comment ON interaction (comment_id) WHERE comment_id IS NOT NULL;

CREATE TABLE news (                   -- posts of those who are followed: a line and a link, for their followers here
    site_id TEXT NOT NULL,
    actor_id TEXT NOT NULL REFERENCES actor (id),   -- who is followed
    uri TEXT NOT NULL,
    url TEXT NOT NULL,
    author_id TEXT NOT NULL REFERENCES actor (id),
    line TEXT NOT NULL,               -- plain text
    lang TEXT,
    published_at TEXT NOT NULL,
    PRIMARY KEY (site_id, actor_id, uri)
) STRICT, WITHOUT ROWID;
CREATE INDEX news_by_author ON news (author_id, uri);
