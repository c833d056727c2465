-- Messages of streams that could not be taken. What they hold is sealed: it may name people. `origin` names the
-- message within its feed, so that one that is delivered again is the same letter. No subject: nobody could read one.
CREATE TABLE dead_letter (
    id        INTEGER PRIMARY KEY,
    feed      INTEGER NOT NULL,
    origin    TEXT NOT NULL,
    why       TEXT NOT NULL,
    since     INTEGER NOT NULL,
    content   BLOB,
    closed    TEXT,
    closed_at INTEGER,
    UNIQUE (feed, origin)
) STRICT;
CREATE INDEX dead_letter_open ON dead_letter (id) WHERE closed IS NULL;
