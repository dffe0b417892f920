-- Each index of a comment is a page of the file that is written for it.

ALTER TABLE comment ADD COLUMN idempotency_key TEXT;   -- of the request that made it, of its author and page
ALTER TABLE comment ADD COLUMN request_hash TEXT;      -- of all that it said
UPDATE comment SET idempotency_key = made.key, request_hash = substr(made.request_hash, 1, 32)
FROM idempotency AS made WHERE comment.id = made.result;
DROP TABLE idempotency;

DROP INDEX comment_by_account;
CREATE INDEX comment_by_account ON comment (account_id, site_id, page_key, idempotency_key)
    WHERE account_id IS NOT NULL;

DROP INDEX comment_best;              -- where nobody voted the time decides
CREATE INDEX comment_best ON comment (site_id, page_key, score, created_at, id) WHERE parent_id IS NULL AND score <> 0;
