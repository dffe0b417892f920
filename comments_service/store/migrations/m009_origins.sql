-- Each site of a service keeps its own copy of what was written elsewhere, and its own word on what became of it.
-- SQLite takes UNIQUE from a column only with the table.

DROP VIEW public_comment;
CREATE TABLE comment_again (
    id TEXT PRIMARY KEY,
    site_id TEXT NOT NULL,
    page_key TEXT NOT NULL,
    root_id TEXT NOT NULL,            -- its own id when it is a root
    parent_id TEXT REFERENCES comment (id),
    account_id TEXT REFERENCES account (id),
    actor_id TEXT,                    -- someone of another server
    state TEXT NOT NULL CHECK (state IN ('shown', 'held', 'hidden', 'removed', 'private')),
    origin_uri TEXT,                  -- the id that another server gave it
    text TEXT NOT NULL,
    html TEXT NOT NULL,
    renderer_version INTEGER NOT NULL,
    lang TEXT NOT NULL,
    created_at TEXT NOT NULL,
    edited_at TEXT,
    votes INTEGER NOT NULL DEFAULT 0,
    answer_count INTEGER NOT NULL DEFAULT 0,   -- direct answers that readers see, stubs included
    down_votes INTEGER NOT NULL DEFAULT 0,
    score REAL NOT NULL DEFAULT 0,
    object_id TEXT,                   -- of a local one that travels: the last part of its address
    published_at TEXT,                -- when it was first sent
    origin_url TEXT,                  -- of a remote one: its page for people
    origin_updated_at TEXT,           -- its own `updated`; an older one changes nothing
    checked_at TEXT,                  -- when we last looked whether it is still there
    warning TEXT,                     -- content warning, plain text
    is_unlisted INTEGER NOT NULL DEFAULT 0,
    is_indexable INTEGER NOT NULL DEFAULT 1,
    likes INTEGER NOT NULL DEFAULT 0,
    boosts INTEGER NOT NULL DEFAULT 0,
    quotes INTEGER NOT NULL DEFAULT 0,
    CHECK (account_id IS NULL OR actor_id IS NULL),
    FOREIGN KEY (site_id, page_key) REFERENCES page (site_id, key)
) STRICT;
INSERT INTO comment_again SELECT
    id, site_id, page_key, root_id, parent_id, account_id, actor_id, state, origin_uri, text, html, renderer_version,
    lang, created_at, edited_at, votes, answer_count, down_votes, score, object_id, published_at, origin_url,
    origin_updated_at, checked_at, warning, is_unlisted, is_indexable, likes, boosts, quotes
FROM comment ORDER BY rowid;
DROP TABLE comment;
ALTER TABLE comment_again RENAME TO comment;

CREATE UNIQUE INDEX comment_by_origin ON comment (origin_uri, site_id) WHERE origin_uri IS NOT NULL;
CREATE INDEX comment_by_url ON comment (origin_url) WHERE origin_url IS NOT NULL;
CREATE UNIQUE INDEX comment_object ON comment (object_id) WHERE object_id IS NOT NULL;
CREATE INDEX comment_by_actor ON comment (actor_id) WHERE actor_id IS NOT NULL;
CREATE INDEX comment_by_account ON comment (account_id, site_id, page_key);
CREATE INDEX comment_by_parent ON comment (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX comment_roots ON comment (site_id, page_key, created_at, id) WHERE parent_id IS NULL;
CREATE INDEX comment_replies ON comment (root_id, created_at, id) WHERE parent_id IS NOT NULL;
CREATE INDEX comment_best ON comment (site_id, page_key, score, created_at, id) WHERE parent_id IS NULL;
CREATE INDEX comment_held ON comment (site_id, created_at, id) WHERE state = 'held';
CREATE INDEX comment_hidden ON comment (site_id, created_at, id) WHERE state = 'hidden';
CREATE INDEX comment_latest ON comment (site_id, page_key, lang, id) WHERE state = 'shown';
CREATE INDEX comment_served ON comment (site_id, page_key, id)
    WHERE state = 'shown' AND is_unlisted = 0 AND (object_id IS NOT NULL OR origin_uri IS NOT NULL);
CREATE INDEX comment_to_check ON comment (checked_at) WHERE origin_uri IS NOT NULL AND state = 'shown';

CREATE VIEW public_comment AS
SELECT
    comment.id, comment.site_id, comment.page_key, comment.root_id, comment.parent_id, comment.state, comment.lang,
    comment.created_at, comment.edited_at, comment.votes, comment.score, comment.answer_count, comment.is_unlisted,
    comment.is_indexable, comment.likes, comment.boosts, comment.quotes,
    CASE WHEN comment.state = 'shown' THEN comment.html ELSE '' END AS html,
    CASE WHEN comment.state = 'shown' THEN comment.text ELSE '' END AS text,
    CASE WHEN comment.state = 'shown' THEN comment.warning END AS warning,
    CASE WHEN comment.state = 'shown' THEN comment.account_id END AS account_id,
    CASE WHEN comment.state = 'shown' THEN comment.actor_id END AS actor_id,
    CASE WHEN comment.state = 'shown' THEN comment.origin_uri END AS origin_uri,
    CASE WHEN comment.state = 'shown' THEN comment.origin_url END AS origin_url,
    CASE WHEN comment.state = 'shown' THEN comment.object_id END AS object_id,
    CASE WHEN comment.state = 'shown' THEN coalesce(account.name, actor.name) END AS author_name,
    CASE WHEN comment.state = 'shown' THEN coalesce(actor.handle, account.handle) END AS author_handle,
    CASE WHEN comment.state = 'shown' THEN actor.server END AS author_server,
    CASE WHEN comment.state = 'shown' THEN actor.url END AS author_url,
    CASE WHEN comment.state = 'shown' THEN actor.avatar END AS author_avatar
FROM comment
JOIN page ON page.site_id = comment.site_id AND page.key = comment.page_key AND page.state = 'live'
LEFT JOIN account ON account.id = comment.account_id
LEFT JOIN actor ON actor.id = comment.actor_id
WHERE comment.state = 'shown' OR (comment.state IN ('hidden', 'removed') AND comment.answer_count > 0);

CREATE TABLE fate_again (             -- what became of a reply from elsewhere
    uri TEXT NOT NULL,
    site_id TEXT NOT NULL,
    url TEXT,
    server TEXT NOT NULL,
    fate TEXT NOT NULL CHECK (fate IN ('refused', 'held', 'shown', 'private', 'gone')),
    reason TEXT NOT NULL DEFAULT '',
    decided_at TEXT NOT NULL,
    PRIMARY KEY (uri, site_id)
) STRICT;
INSERT INTO fate_again SELECT
    uri, coalesce((SELECT site_id FROM comment WHERE origin_uri = uri), (SELECT min(id) FROM site), ''),
    url, server, fate, reason, decided_at
FROM fate;
DROP TABLE fate;
ALTER TABLE fate_again RENAME TO fate;
CREATE INDEX fate_by_url ON fate (url);
CREATE INDEX fate_by_time ON fate (decided_at);

-- What comes again word for word does nothing, whichever process it comes to, and after a restart too.

CREATE TABLE signature (
    hash BLOB PRIMARY KEY,            -- SHA-256
    seen_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX signature_by_time ON signature (seen_at);

-- An activity about a comment that is held is told to servers that thread by group once a moderator shows it.

ALTER TABLE arrival ADD COLUMN comment_id TEXT REFERENCES comment (id);
CREATE INDEX arrival_by_comment ON arrival (comment_id) WHERE comment_id IS NOT NULL;
