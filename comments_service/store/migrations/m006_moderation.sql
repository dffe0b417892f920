-- What the moderation page shows.

CREATE INDEX comment_hidden ON comment (site_id, created_at, id) WHERE state = 'hidden';
CREATE INDEX actor_decided ON actor (server, uri) WHERE policy IS NOT NULL;

CREATE TABLE clash (                  -- handles that a manifest wanted and somebody else has
    site_id TEXT NOT NULL,
    handle TEXT NOT NULL,
    kind TEXT NOT NULL,               -- of who wants it: group or author
    subject TEXT NOT NULL,
    PRIMARY KEY (site_id, handle, kind)
) STRICT, WITHOUT ROWID;
