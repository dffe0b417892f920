-- The thread: votes, revisions, mentions, counters per language and person.

ALTER TABLE comment ADD COLUMN down_votes INTEGER NOT NULL DEFAULT 0;   -- `votes` counts the helpful ones
ALTER TABLE comment ADD COLUMN score REAL NOT NULL DEFAULT 0;           -- Wilson lower bound of the helpful share
CREATE INDEX comment_best ON comment (site_id, page_key, score, created_at, id) WHERE parent_id IS NULL;
CREATE INDEX comment_held ON comment (site_id, created_at, id) WHERE state = 'held';
CREATE INDEX comment_latest ON comment (site_id, page_key, lang, id) WHERE state = 'shown';   -- feeds

CREATE TABLE vote (
    comment_id TEXT NOT NULL REFERENCES comment (id),
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    value INTEGER NOT NULL CHECK (value IN (-1, 1)),
    voted_at TEXT NOT NULL,
    PRIMARY KEY (account_id, comment_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX vote_by_comment ON vote (comment_id);

CREATE TABLE comment_revision (       -- what a comment said before each edit; goes when the comment is removed
    comment_id TEXT NOT NULL REFERENCES comment (id),
    number INTEGER NOT NULL,          -- 1 is what was posted
    text TEXT NOT NULL,
    html TEXT NOT NULL,
    written_at TEXT NOT NULL,
    PRIMARY KEY (comment_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE mention (
    comment_id TEXT NOT NULL REFERENCES comment (id),
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    PRIMARY KEY (comment_id, account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE thread_language (        -- shown comments per language
    site_id TEXT NOT NULL,
    page_key TEXT NOT NULL,
    lang TEXT NOT NULL,
    comments INTEGER NOT NULL,
    PRIMARY KEY (site_id, page_key, lang),
    FOREIGN KEY (site_id, page_key) REFERENCES page (site_id, key)
) STRICT, WITHOUT ROWID;
INSERT INTO thread_language (site_id, page_key, lang, comments)
SELECT site_id, page_key, lang, count(*) FROM comment WHERE state = 'shown' GROUP BY site_id, page_key, lang;

CREATE TABLE thread_person (          -- who wrote what is shown in a thread, for the completion of names
    site_id TEXT NOT NULL,
    page_key TEXT NOT NULL,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    comments INTEGER NOT NULL,
    PRIMARY KEY (site_id, page_key, account_id),
    FOREIGN KEY (site_id, page_key) REFERENCES page (site_id, key)
) STRICT, WITHOUT ROWID;
INSERT INTO thread_person (site_id, page_key, account_id, comments)
SELECT site_id, page_key, account_id, count(*) FROM comment WHERE state = 'shown' AND account_id IS NOT NULL
GROUP BY site_id, page_key, account_id;

ALTER TABLE thread ADD COLUMN closed_at TEXT;    -- by a moderator
ALTER TABLE thread ADD COLUMN closed_by TEXT;

CREATE TABLE event (                  -- what happened to comments; workers read on by number
    number INTEGER PRIMARY KEY,
    site_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('shown', 'edited', 'gone')),
    comment_id TEXT NOT NULL REFERENCES comment (id),
    happened_at TEXT NOT NULL
) STRICT;

DROP VIEW public_comment;
CREATE VIEW public_comment AS
SELECT
    comment.id, comment.site_id, comment.page_key, comment.root_id, comment.parent_id, comment.state, comment.lang,
    comment.created_at, comment.edited_at, comment.votes, comment.score, comment.answer_count,
    CASE WHEN comment.state = 'shown' THEN comment.html ELSE '' END AS html,
    CASE WHEN comment.state = 'shown' THEN comment.text ELSE '' END AS text,
    CASE WHEN comment.state = 'shown' THEN comment.account_id END AS account_id,
    CASE WHEN comment.state = 'shown' THEN account.name END AS author_name
FROM comment
JOIN page ON page.site_id = comment.site_id AND page.key = comment.page_key AND page.state = 'live'
LEFT JOIN account ON account.id = comment.account_id
WHERE comment.state = 'shown' OR (comment.state IN ('hidden', 'removed') AND comment.answer_count > 0);
