-- Pages of other origins.

ALTER TABLE session ADD COLUMN origin TEXT NOT NULL DEFAULT '';   -- of the pages that hold the token; '' is our cookie

CREATE TABLE hand_over (              -- one-time codes of the log-in window, until a page exchanged them
    code_hash TEXT PRIMARY KEY,
    site_id TEXT NOT NULL,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    origin TEXT NOT NULL,
    challenge TEXT NOT NULL,          -- SHA-256 of what only the asking page knows (RFC 7636)
    expires_at TEXT NOT NULL
) STRICT;
CREATE INDEX hand_over_by_end ON hand_over (expires_at);
