-- Threads of other servers in which someone of ours takes part: pages of a kind of their own.

ALTER TABLE page ADD COLUMN noun TEXT NOT NULL DEFAULT 'blogs' CHECK (noun IN ('blogs', 'groups', 'elsewhere'));
UPDATE page SET noun = kind;
ALTER TABLE page DROP COLUMN kind;                 -- the only way to another CHECK without making the table anew
ALTER TABLE page RENAME COLUMN noun TO kind;
ALTER TABLE page ADD COLUMN origin_uri TEXT;       -- id of what started the thread elsewhere
ALTER TABLE page ADD COLUMN origin_url TEXT;       -- its page for people
ALTER TABLE page ADD COLUMN origin_context TEXT;
ALTER TABLE page ADD COLUMN actor_id TEXT REFERENCES actor (id);   -- who wrote it
CREATE UNIQUE INDEX page_by_origin ON page (origin_uri, site_id) WHERE origin_uri IS NOT NULL;
CREATE INDEX page_by_origin_url ON page (origin_url, site_id) WHERE origin_url IS NOT NULL;
