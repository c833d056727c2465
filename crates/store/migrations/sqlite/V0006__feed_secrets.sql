-- The secrets by which feeds sign, sealed as `feed.secret` before. One without `until` is the present one; a former
-- one is valid until then.
CREATE TABLE feed_secret (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    feed   INTEGER NOT NULL,
    secret BLOB NOT NULL,
    until  INTEGER
) STRICT;
CREATE INDEX feed_secret_by_feed ON feed_secret (feed);
INSERT INTO feed_secret (feed, secret, until)
    SELECT id, secret_before, before_until FROM feed WHERE secret_before IS NOT NULL AND before_until IS NOT NULL;
INSERT INTO feed_secret (feed, secret) SELECT id, secret FROM feed WHERE secret IS NOT NULL;
ALTER TABLE feed DROP COLUMN secret;
ALTER TABLE feed DROP COLUMN secret_before;
ALTER TABLE feed DROP COLUMN before_until;
