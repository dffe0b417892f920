-- The fediverse: actors, activities, deliveries, and what came from where.

CREATE TABLE federation_base (        -- where ids begin; the first one is kept when settings change
    url TEXT PRIMARY KEY,             -- base URL of the service, without a slash at the end
    site_id TEXT NOT NULL,
    since TEXT NOT NULL,
    left_at TEXT                      -- a former one: it keeps answering
) STRICT;

ALTER TABLE page ADD COLUMN summaries TEXT NOT NULL DEFAULT '{}';   -- JSON: language -> plain excerpt
ALTER TABLE page ADD COLUMN tags TEXT NOT NULL DEFAULT '{}';        -- JSON: language -> list of tags
ALTER TABLE page ADD COLUMN authors TEXT NOT NULL DEFAULT '[]';     -- JSON list of handles
ALTER TABLE page ADD COLUMN group_key TEXT;
ALTER TABLE page ADD COLUMN image TEXT;                             -- JSON: url, alt per language
ALTER TABLE page ADD COLUMN updated_at TEXT;
ALTER TABLE page ADD COLUMN thread_id TEXT;                         -- of its context, outward
CREATE UNIQUE INDEX page_thread ON page (thread_id) WHERE thread_id IS NOT NULL;
ALTER TABLE page ADD COLUMN owner_id TEXT;                          -- own_actor; fixed at the first sight

CREATE TABLE post_object (            -- every id that a page has or had, so that a gone one is known
    id TEXT PRIMARY KEY,
    site_id TEXT NOT NULL,
    page_key TEXT NOT NULL,
    language TEXT NOT NULL,
    generation INTEGER NOT NULL,
    FOREIGN KEY (site_id, page_key) REFERENCES page (site_id, key)
) STRICT;

CREATE UNIQUE INDEX post_object_by_page ON post_object (site_id, page_key, language, generation);

CREATE TABLE body (                   -- the text of a page in one language, as its feed has it
    url TEXT PRIMARY KEY,             -- named by its hash
    html TEXT NOT NULL,
    kept_at TEXT NOT NULL
) STRICT;

CREATE TABLE own_actor (
    id TEXT PRIMARY KEY,              -- opaque: the last part of its address
    site_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('site', 'instance', 'group', 'author', 'commenter')),
    subject TEXT NOT NULL,            -- page key of a group, handle of an author, account of a commenter, else ''
    handle TEXT NOT NULL,             -- never given to anyone else
    state TEXT NOT NULL CHECK (state IN ('live', 'retired', 'deleted')),   -- retired: readable, sends nothing
    profile TEXT NOT NULL,            -- JSON: names, texts and urls per language, avatar, links
    generation INTEGER NOT NULL DEFAULT 1,
    made_at TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    moved_to TEXT,
    UNIQUE (site_id, handle, generation)
) STRICT;
CREATE INDEX own_actor_by_subject ON own_actor (site_id, kind, subject);

CREATE TABLE own_key (                -- RSA-2048; the newest signs
    actor_id TEXT NOT NULL REFERENCES own_actor (id),
    number INTEGER NOT NULL,
    private_pem TEXT NOT NULL,
    public_pem TEXT NOT NULL,
    made_at TEXT NOT NULL,
    PRIMARY KEY (actor_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE actor (                  -- people, groups and sites of other servers
    id TEXT PRIMARY KEY,
    uri TEXT NOT NULL UNIQUE,
    server TEXT NOT NULL,             -- host of the uri, with a port that is not the usual one
    kind TEXT NOT NULL,
    name TEXT NOT NULL,               -- plain text
    handle TEXT,                      -- name@server, once WebFinger points back
    url TEXT NOT NULL,                -- their page for people
    avatar TEXT,
    inbox TEXT NOT NULL,
    shared_inbox TEXT,
    followers TEXT,
    key_id TEXT,
    public_key TEXT,
    key_fetched_at TEXT,
    also_known_as TEXT NOT NULL DEFAULT '[]',
    is_indexable INTEGER NOT NULL DEFAULT 1,
    policy TEXT CHECK (policy IN ('allow', 'hold', 'limit', 'block')),
    first_seen_at TEXT NOT NULL,
    fetched_at TEXT NOT NULL,
    gone_at TEXT,                     -- deleted at its origin
    blocks_us_at TEXT
) STRICT;
CREATE INDEX actor_by_server ON actor (server);
CREATE INDEX actor_by_key ON actor (key_id);

CREATE TABLE server (
    host TEXT PRIMARY KEY,
    policy TEXT CHECK (policy IN ('allow', 'hold', 'limit', 'block')),
    reason TEXT NOT NULL DEFAULT '',
    software TEXT,                    -- of NodeInfo: lemmy, mastodon, …
    asked_at TEXT,                    -- NodeInfo was asked
    signature TEXT CHECK (signature IN ('cavage', 'rfc9421')),   -- what it took last
    failures INTEGER NOT NULL DEFAULT 0,    -- in a row
    rests_until TEXT                  -- nothing is sent before
) STRICT;

CREATE TABLE follower (
    own_actor_id TEXT NOT NULL REFERENCES own_actor (id),
    actor_id TEXT NOT NULL REFERENCES actor (id),
    follow_uri TEXT,
    since TEXT NOT NULL,
    PRIMARY KEY (own_actor_id, actor_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX follower_by_actor ON follower (actor_id);

CREATE TABLE reaction (               -- likes, boosts and quotes of pages and comments: counts, never comments
    id TEXT PRIMARY KEY,
    site_id TEXT NOT NULL,
    page_key TEXT NOT NULL,
    comment_id TEXT REFERENCES comment (id),   -- NULL: of the page
    actor_id TEXT NOT NULL REFERENCES actor (id),
    kind TEXT NOT NULL CHECK (kind IN ('like', 'dislike', 'boost', 'quote')),
    uri TEXT,                         -- of the activity, or of what quotes
    is_public INTEGER NOT NULL DEFAULT 1,
    reacted_at TEXT NOT NULL,
    FOREIGN KEY (site_id, page_key) REFERENCES page (site_id, key)
) STRICT;
CREATE UNIQUE INDEX reaction_once ON reaction (site_id, page_key, coalesce(comment_id, ''), actor_id, kind,
    CASE WHEN kind = 'quote' THEN uri ELSE '' END);
CREATE INDEX reaction_by_uri ON reaction (uri);
CREATE INDEX reaction_by_actor ON reaction (actor_id);

CREATE TABLE tombstone (              -- Deletes of others that win over a Create that comes later
    uri TEXT NOT NULL,
    actor_uri TEXT NOT NULL,          -- who said so: it counts for what they wrote alone
    seen_at TEXT NOT NULL,
    PRIMARY KEY (uri, actor_uri)
) STRICT;
CREATE INDEX tombstone_by_time ON tombstone (seen_at);

CREATE TABLE fate (                   -- what became of a reply from elsewhere
    uri TEXT PRIMARY KEY,
    url TEXT,
    server TEXT NOT NULL,
    fate TEXT NOT NULL CHECK (fate IN ('refused', 'held', 'shown', 'private', 'gone')),
    reason TEXT NOT NULL DEFAULT '',
    decided_at TEXT NOT NULL
) STRICT;
CREATE INDEX fate_by_url ON fate (url);
CREATE INDEX fate_by_time ON fate (decided_at);

CREATE TABLE report (                 -- what people elsewhere reported (Flag)
    id TEXT PRIMARY KEY,
    site_id TEXT NOT NULL,
    comment_id TEXT REFERENCES comment (id),
    actor_uri TEXT NOT NULL,
    content TEXT NOT NULL,            -- plain text
    reported_at TEXT NOT NULL
) STRICT;

CREATE TABLE arrival (                -- verified activities that wait for the worker
    id TEXT PRIMARY KEY,
    actor_uri TEXT NOT NULL,          -- who signed
    body TEXT NOT NULL,
    arrived_at TEXT NOT NULL
) STRICT;

CREATE TABLE activity (               -- what we sent, under its address
    id TEXT PRIMARY KEY,
    site_id TEXT NOT NULL,
    own_actor_id TEXT NOT NULL REFERENCES own_actor (id),
    kind TEXT NOT NULL,
    object_uri TEXT NOT NULL,
    document TEXT NOT NULL,           -- JSON
    is_public INTEGER NOT NULL,
    made_at TEXT NOT NULL
) STRICT;
CREATE INDEX activity_by_actor ON activity (own_actor_id, id);
CREATE INDEX activity_by_object ON activity (object_uri);

CREATE TABLE delivery (
    activity_id TEXT NOT NULL REFERENCES activity (id),
    inbox TEXT NOT NULL,
    site_id TEXT NOT NULL,            -- whose worker sends it
    server TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at TEXT NOT NULL,             -- while it is tried: when it counts as lost
    failed_at TEXT,                   -- given up; what was delivered has no row
    last_error TEXT,
    PRIMARY KEY (activity_id, inbox)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_due ON delivery (site_id, due_at) WHERE failed_at IS NULL;
CREATE INDEX delivery_by_server ON delivery (server);

CREATE TABLE delivered (              -- the 2xx that were recorded, for a month
    activity_id TEXT NOT NULL REFERENCES activity (id),
    inbox TEXT NOT NULL,
    delivered_at TEXT NOT NULL,
    PRIMARY KEY (activity_id, inbox)
) STRICT, WITHOUT ROWID;

CREATE TABLE worker (                 -- how far each worker read the events
    name TEXT PRIMARY KEY,
    number INTEGER NOT NULL
) STRICT;

ALTER TABLE account ADD COLUMN handle TEXT;
ALTER TABLE account ADD COLUMN federates INTEGER;      -- NULL: not asked yet
CREATE UNIQUE INDEX account_handle ON account (handle) WHERE handle IS NOT NULL;

ALTER TABLE comment ADD COLUMN object_id TEXT;         -- of a local one that travels: the last part of its address
ALTER TABLE comment ADD COLUMN published_at TEXT;      -- when it was first sent
ALTER TABLE comment ADD COLUMN origin_url TEXT;        -- of a remote one: its page for people
ALTER TABLE comment ADD COLUMN origin_updated_at TEXT; -- its own `updated`; an older one changes nothing
ALTER TABLE comment ADD COLUMN checked_at TEXT;        -- when we last looked whether it is still there
ALTER TABLE comment ADD COLUMN warning TEXT;           -- content warning, plain text
ALTER TABLE comment ADD COLUMN is_unlisted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE comment ADD COLUMN is_indexable INTEGER NOT NULL DEFAULT 1;
ALTER TABLE comment ADD COLUMN likes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE comment ADD COLUMN boosts INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX comment_object ON comment (object_id) WHERE object_id IS NOT NULL;
CREATE INDEX comment_by_actor ON comment (actor_id) WHERE actor_id IS NOT NULL;
CREATE INDEX comment_by_url ON comment (origin_url) WHERE origin_url IS NOT NULL;
CREATE INDEX comment_to_check ON comment (checked_at) WHERE origin_uri IS NOT NULL AND state = 'shown';

ALTER TABLE thread ADD COLUMN likes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE thread ADD COLUMN boosts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE thread ADD COLUMN quotes INTEGER NOT NULL DEFAULT 0;

DROP VIEW public_comment;
CREATE VIEW public_comment AS
SELECT
    comment.id, comment.site_id, comment.page_key, comment.root_id, comment.parent_id, comment.state, comment.lang,
    comment.created_at, comment.edited_at, comment.votes, comment.score, comment.answer_count, comment.is_unlisted,
    comment.is_indexable, comment.likes, comment.boosts,
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
