-- Pictures of comments from elsewhere: words and links until a moderator allows them, then bytes of our own.

CREATE TABLE picture_file (           -- drawn anew by us, as WebP
    hash TEXT PRIMARY KEY,            -- SHA-256 of the content
    content BLOB NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL
) STRICT;

CREATE TABLE picture (
    comment_id TEXT NOT NULL REFERENCES comment (id),
    url TEXT NOT NULL,                -- where it stands elsewhere
    alt TEXT NOT NULL,                -- its description; of a custom emoji its name with colons
    is_emoji INTEGER NOT NULL,
    is_allowed INTEGER NOT NULL,
    address TEXT,                     -- where we serve it, once it was fetched
    hash TEXT REFERENCES picture_file (hash),
    PRIMARY KEY (comment_id, url)
) STRICT, WITHOUT ROWID;
CREATE INDEX picture_by_hash ON picture (hash) WHERE hash IS NOT NULL;
CREATE TRIGGER picture_dropped AFTER UPDATE OF hash ON picture WHEN old.hash IS NOT NULL BEGIN
    DELETE FROM picture_file WHERE hash = old.hash AND NOT EXISTS (SELECT 1 FROM picture WHERE hash = old.hash);
END;
CREATE TRIGGER picture_deleted AFTER DELETE ON picture WHEN old.hash IS NOT NULL BEGIN
    DELETE FROM picture_file WHERE hash = old.hash AND NOT EXISTS (SELECT 1 FROM picture WHERE hash = old.hash);
END;

-- "pictures" is a policy: nothing waits, and pictures are shown. A CHECK changes only with its column.

DROP INDEX actor_decided;
ALTER TABLE actor ADD COLUMN decided TEXT CHECK (decided IN ('allow', 'pictures', 'hold', 'limit', 'block'));
UPDATE actor SET decided = policy WHERE policy IS NOT NULL;
ALTER TABLE actor DROP COLUMN policy;
ALTER TABLE actor RENAME COLUMN decided TO policy;
CREATE INDEX actor_decided ON actor (server, uri) WHERE policy IS NOT NULL;

ALTER TABLE server ADD COLUMN decided TEXT CHECK (decided IN ('allow', 'pictures', 'hold', 'limit', 'block'));
UPDATE server SET decided = policy WHERE policy IS NOT NULL;
ALTER TABLE server DROP COLUMN policy;
ALTER TABLE server RENAME COLUMN decided TO policy;

ALTER TABLE moderation_log ADD COLUMN done TEXT NOT NULL DEFAULT 'hide'
    CHECK (done IN ('hide', 'restore', 'remove', 'show-pictures', 'hide-pictures'));
UPDATE moderation_log SET done = action;
ALTER TABLE moderation_log DROP COLUMN action;
ALTER TABLE moderation_log RENAME COLUMN done TO action;
