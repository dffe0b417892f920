-- Readers who are logged in report comments too, each of them a comment once. What was decided stays so for a while.

CREATE TABLE report_again (
    id TEXT PRIMARY KEY,
    site_id TEXT NOT NULL,
    comment_id TEXT REFERENCES comment (id),
    actor_uri TEXT,                   -- somebody elsewhere (Flag)
    account_id TEXT REFERENCES account (id),
    content TEXT NOT NULL,            -- plain text
    reported_at TEXT NOT NULL,
    closed_at TEXT,                   -- a moderator decided
    UNIQUE (account_id, comment_id),
    CHECK ((actor_uri IS NULL) <> (account_id IS NULL))
) STRICT;
INSERT INTO report_again (id, site_id, comment_id, actor_uri, content, reported_at)
SELECT id, site_id, comment_id, actor_uri, content, reported_at FROM report;
DROP TABLE report;
ALTER TABLE report_again RENAME TO report;
CREATE INDEX report_open ON report (site_id, id) WHERE closed_at IS NULL;
CREATE INDEX report_by_comment ON report (comment_id);
