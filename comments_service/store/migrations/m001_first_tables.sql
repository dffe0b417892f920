-- The first tables. A step that was published never changes.

CREATE TABLE site (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    languages TEXT NOT NULL,          -- JSON list
    stylesheet TEXT,                  -- address of the site's own CSS, for the service's pages
    menu TEXT NOT NULL                -- JSON: language -> list of [title, URL], for their foot
) STRICT;

CREATE TABLE manifest (               -- every manifest that was taken in
    site_id TEXT NOT NULL REFERENCES site (id),
    serial INTEGER NOT NULL,
    hash TEXT NOT NULL,
    taken_at TEXT NOT NULL,
    number INTEGER PRIMARY KEY
) STRICT;
CREATE INDEX manifest_by_site ON manifest (site_id, number);

CREATE TABLE page (
    site_id TEXT NOT NULL REFERENCES site (id),
    key TEXT NOT NULL,                -- "blogs/<first slug ever known>"; never changes
    kind TEXT NOT NULL CHECK (kind IN ('blogs', 'groups')),
    slug TEXT NOT NULL,               -- the slug of now
    state TEXT NOT NULL CHECK (state IN ('live', 'missing', 'withdrawn')),
    is_open INTEGER NOT NULL,
    language TEXT NOT NULL,           -- the original language, fixed when first seen
    titles TEXT NOT NULL,             -- JSON: language -> title
    urls TEXT NOT NULL,               -- JSON: language -> absolute URL
    hashes TEXT NOT NULL,             -- JSON: language -> hash of title, summary and text
    bodies TEXT NOT NULL,             -- JSON: language -> address of the text, named by its hash
    dated_at TEXT,
    first_seen_at TEXT NOT NULL,
    missing_serial INTEGER,           -- the first manifest without it
    is_baseline INTEGER NOT NULL,     -- came with the first manifest, which sends nothing
    federates INTEGER NOT NULL,
    sent_at TEXT,                     -- a Create was announced and no Delete since
    generation INTEGER NOT NULL DEFAULT 1,   -- rises when a page returns after its Delete
    PRIMARY KEY (site_id, key)
) STRICT;

CREATE TABLE alias (                  -- every slug that ever led to a page
    site_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    slug TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (site_id, kind, slug),
    FOREIGN KEY (site_id, key) REFERENCES page (site_id, key)
) STRICT;

CREATE TABLE thread (                 -- counters that are kept, so that nobody counts while reading
    site_id TEXT NOT NULL,
    page_key TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 0,
    comment_count INTEGER NOT NULL DEFAULT 0,
    stars_1 INTEGER NOT NULL DEFAULT 0,
    stars_2 INTEGER NOT NULL DEFAULT 0,
    stars_3 INTEGER NOT NULL DEFAULT 0,
    stars_4 INTEGER NOT NULL DEFAULT 0,
    stars_5 INTEGER NOT NULL DEFAULT 0,
    view_count INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (site_id, page_key),
    FOREIGN KEY (site_id, page_key) REFERENCES page (site_id, key)
) STRICT;

CREATE TABLE account (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,       -- lower case
    name TEXT,                        -- asked at the first comment
    role TEXT NOT NULL DEFAULT 'member' CHECK (role IN ('member', 'moderator', 'administrator')),
    is_banned INTEGER NOT NULL DEFAULT 0,
    language TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE session (
    id TEXT PRIMARY KEY,
    site_id TEXT NOT NULL,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    token_hash TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT;
CREATE INDEX session_by_account ON session (account_id);
CREATE INDEX session_by_end ON session (expires_at);

CREATE TABLE login_request (
    id TEXT PRIMARY KEY,
    site_id TEXT NOT NULL,
    email TEXT NOT NULL,
    network_hash TEXT NOT NULL,       -- keyed hash with the salt of the day; the address itself is stored nowhere
    return_to TEXT NOT NULL,
    lang TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    used_at TEXT
) STRICT;
CREATE INDEX login_request_by_email ON login_request (email, created_at);
CREATE INDEX login_request_by_network ON login_request (network_hash, created_at);
CREATE INDEX login_request_by_time ON login_request (created_at);

CREATE TABLE day_salt (day TEXT PRIMARY KEY, salt TEXT NOT NULL) STRICT;

CREATE TABLE comment (
    id TEXT PRIMARY KEY,
    site_id TEXT NOT NULL,
    page_key TEXT NOT NULL,
    root_id TEXT NOT NULL,            -- its own id when it is a root
    parent_id TEXT REFERENCES comment (id),
    account_id TEXT REFERENCES account (id),
    actor_id TEXT,                    -- someone of another server
    state TEXT NOT NULL CHECK (state IN ('shown', 'held', 'hidden', 'removed', 'private')),
    origin_uri TEXT UNIQUE,           -- the id that another server gave it
    text TEXT NOT NULL,
    html TEXT NOT NULL,
    renderer_version INTEGER NOT NULL,
    lang TEXT NOT NULL,
    created_at TEXT NOT NULL,
    edited_at TEXT,
    votes INTEGER NOT NULL DEFAULT 0,
    answer_count INTEGER NOT NULL DEFAULT 0,   -- direct answers that readers see, stubs included
    CHECK (account_id IS NULL OR actor_id IS NULL),
    FOREIGN KEY (site_id, page_key) REFERENCES page (site_id, key)
) STRICT;
CREATE INDEX comment_roots ON comment (site_id, page_key, created_at, id) WHERE parent_id IS NULL;
CREATE INDEX comment_replies ON comment (root_id, created_at, id) WHERE parent_id IS NOT NULL;
CREATE INDEX comment_by_parent ON comment (parent_id);
CREATE INDEX comment_by_account ON comment (account_id, site_id, page_key);

CREATE TABLE idempotency (
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    result TEXT NOT NULL,             -- the id of what was made
    created_at TEXT NOT NULL,
    PRIMARY KEY (account_id, key)
) STRICT;
CREATE INDEX idempotency_by_time ON idempotency (created_at);

CREATE TABLE rating (
    site_id TEXT NOT NULL,
    page_key TEXT NOT NULL,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    stars INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5),
    rated_at TEXT NOT NULL,
    PRIMARY KEY (site_id, page_key, account_id),
    FOREIGN KEY (site_id, page_key) REFERENCES page (site_id, key)
) STRICT;

CREATE TABLE job (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    ids TEXT NOT NULL,                -- JSON list of ids; a worker expands them
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at TEXT NOT NULL,             -- while it runs: when it counts as lost and may be claimed again
    created_at TEXT NOT NULL,
    failed_at TEXT,                   -- given up; kept to be looked at
    last_error TEXT
) STRICT;
CREATE INDEX job_due ON job (due_at, id) WHERE failed_at IS NULL;

CREATE TABLE announcement (           -- what a manifest made the site want to say
    id TEXT PRIMARY KEY,
    site_id TEXT NOT NULL,
    page_key TEXT NOT NULL,
    activity TEXT NOT NULL CHECK (activity IN ('Create', 'Update', 'Delete')),
    generation INTEGER NOT NULL,
    serial INTEGER NOT NULL,
    noted_at TEXT NOT NULL
) STRICT;

CREATE TABLE moderation_log (
    id TEXT PRIMARY KEY,
    site_id TEXT NOT NULL,
    comment_id TEXT NOT NULL REFERENCES comment (id),
    action TEXT NOT NULL CHECK (action IN ('hide', 'restore', 'remove')),
    done_by TEXT NOT NULL,
    done_at TEXT NOT NULL
) STRICT;

-- The only door for public queries. What is not shown leaves a stub where answers hang on it, without text or author.
CREATE VIEW public_comment AS
SELECT
    comment.id, comment.site_id, comment.page_key, comment.root_id, comment.parent_id, comment.state, comment.lang,
    comment.created_at, comment.edited_at, comment.votes, comment.answer_count,
    CASE WHEN comment.state = 'shown' THEN comment.html ELSE '' END AS html,
    CASE WHEN comment.state = 'shown' THEN comment.text ELSE '' END AS text,
    CASE WHEN comment.state = 'shown' THEN comment.account_id END AS account_id,
    CASE WHEN comment.state = 'shown' THEN account.name END AS author_name
FROM comment
JOIN page ON page.site_id = comment.site_id AND page.key = comment.page_key AND page.state = 'live'
LEFT JOIN account ON account.id = comment.account_id
WHERE comment.state = 'shown' OR (comment.state IN ('hidden', 'removed') AND comment.answer_count > 0);
