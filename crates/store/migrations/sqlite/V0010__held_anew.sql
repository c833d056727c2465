-- The number of a held item or a dead letter is never given twice: the log of changes and people's notes name it.
CREATE TABLE held_anew (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    subject     BLOB CHECK (length(subject) = 16),
    application INTEGER,
    receipt     BLOB NOT NULL CHECK (length(receipt) = 16),
    feed        INTEGER NOT NULL,
    event       BLOB NOT NULL CHECK (length(event) = 16),
    why         TEXT NOT NULL,
    since       INTEGER NOT NULL,
    until       INTEGER,
    report      BLOB,
    closed      TEXT,
    closed_at   INTEGER
) STRICT;
INSERT INTO held_anew SELECT id, subject, application, receipt, feed, event, why, since, until, report, closed, closed_at
    FROM held;
DROP TABLE held;
ALTER TABLE held_anew RENAME TO held;
CREATE UNIQUE INDEX held_by_event ON held (receipt, feed, event);
CREATE INDEX held_open ON held (id) WHERE closed IS NULL;
CREATE INDEX held_waiting ON held (until) WHERE closed IS NULL AND application IS NULL;
CREATE INDEX held_settled ON held (closed_at)
    WHERE closed_at IS NOT NULL AND (application IS NOT NULL OR closed IN ('recorded', 'resolved', 'expired'));
CREATE INDEX held_settled_waiting ON held (receipt)
    WHERE application IS NULL AND closed IN ('released', 'corrected', 'discarded');

-- A report that did not open was said to wait for its application, without end.
UPDATE held SET why = 'unreadable_report'
    WHERE why = 'unknown_application' AND until IS NULL AND closed IS NULL AND application IS NULL;

-- What is recorded by itself one day waits; all else is held for a person, with or without an application.
DELETE FROM held_count;
INSERT INTO held_count (feed, waiting, items)
    SELECT feed, application IS NULL AND why IN ('unknown_application', 'feed_inactive'), count(*)
    FROM held WHERE closed IS NULL GROUP BY 1, 2;
CREATE TRIGGER held_added AFTER INSERT ON held WHEN NEW.closed IS NULL BEGIN
    INSERT INTO held_count (feed, waiting, items)
        VALUES (NEW.feed, NEW.application IS NULL AND NEW.why IN ('unknown_application', 'feed_inactive'), 1)
        ON CONFLICT (feed, waiting) DO UPDATE SET items = held_count.items + 1;
END;
CREATE TRIGGER held_changed AFTER UPDATE OF application, why, closed ON held BEGIN
    UPDATE held_count SET items = items - 1 WHERE OLD.closed IS NULL AND feed = OLD.feed
        AND waiting = (OLD.application IS NULL AND OLD.why IN ('unknown_application', 'feed_inactive'));
    INSERT INTO held_count (feed, waiting, items)
        SELECT NEW.feed, NEW.application IS NULL AND NEW.why IN ('unknown_application', 'feed_inactive'), 1
        WHERE NEW.closed IS NULL
        ON CONFLICT (feed, waiting) DO UPDATE SET items = held_count.items + 1;
END;
CREATE TRIGGER held_removed AFTER DELETE ON held WHEN OLD.closed IS NULL BEGIN
    UPDATE held_count SET items = items - 1 WHERE feed = OLD.feed
        AND waiting = (OLD.application IS NULL AND OLD.why IN ('unknown_application', 'feed_inactive'));
END;

CREATE TABLE dead_letter_anew (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    feed      INTEGER NOT NULL,
    origin    TEXT NOT NULL,
    why       TEXT NOT NULL,
    since     INTEGER NOT NULL,
    content   BLOB,
    closed    TEXT,
    closed_at INTEGER,
    UNIQUE (feed, origin)
) STRICT;
INSERT INTO dead_letter_anew SELECT id, feed, origin, why, since, content, closed, closed_at FROM dead_letter;
DROP TABLE dead_letter;
ALTER TABLE dead_letter_anew RENAME TO dead_letter;
CREATE INDEX dead_letter_open ON dead_letter (id) WHERE closed IS NULL;
CREATE INDEX dead_letter_closed ON dead_letter (closed_at) WHERE closed_at IS NOT NULL;

-- How many open letters each feed has; kept like `held_count`.
CREATE TABLE dead_letter_count (
    feed  INTEGER PRIMARY KEY,
    items INTEGER NOT NULL
) STRICT;
INSERT INTO dead_letter_count (feed, items) SELECT feed, count(*) FROM dead_letter WHERE closed IS NULL GROUP BY feed;
CREATE TRIGGER dead_letter_added AFTER INSERT ON dead_letter WHEN NEW.closed IS NULL BEGIN
    INSERT INTO dead_letter_count (feed, items) VALUES (NEW.feed, 1)
        ON CONFLICT (feed) DO UPDATE SET items = dead_letter_count.items + 1;
END;
CREATE TRIGGER dead_letter_settles AFTER UPDATE OF closed ON dead_letter
    WHEN OLD.closed IS NULL AND NEW.closed IS NOT NULL BEGIN
    UPDATE dead_letter_count SET items = items - 1 WHERE feed = OLD.feed;
END;
CREATE TRIGGER dead_letter_removed AFTER DELETE ON dead_letter WHEN OLD.closed IS NULL BEGIN
    UPDATE dead_letter_count SET items = items - 1 WHERE feed = OLD.feed;
END;
