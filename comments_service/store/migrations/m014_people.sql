-- Who wrote in a thread is counted when somebody asks, of its index: a row less is written for each comment.

DROP TABLE thread_person;
DROP INDEX comment_latest;
CREATE INDEX comment_latest ON comment (site_id, page_key, lang, id, account_id) WHERE state = 'shown';
