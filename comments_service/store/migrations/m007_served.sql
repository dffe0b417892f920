-- What other servers read of a thread, in the order of its pages; comments that never travel cost nothing here.

CREATE INDEX comment_served ON comment (site_id, page_key, id)
    WHERE state = 'shown' AND is_unlisted = 0 AND (object_id IS NOT NULL OR origin_uri IS NOT NULL);

-- Most comments answer none.

DROP INDEX comment_by_parent;
CREATE INDEX comment_by_parent ON comment (parent_id) WHERE parent_id IS NOT NULL;
