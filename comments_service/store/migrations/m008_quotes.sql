-- How often a comment was quoted elsewhere, as is counted of a page.

ALTER TABLE comment ADD COLUMN quotes INTEGER NOT NULL DEFAULT 0;
UPDATE comment SET quotes = (SELECT count(*) FROM reaction WHERE comment_id = comment.id AND kind = 'quote')
    WHERE id IN (SELECT comment_id FROM reaction WHERE kind = 'quote');

DROP VIEW public_comment;
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
