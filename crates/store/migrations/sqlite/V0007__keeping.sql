-- How long things are kept, and how many of them.

-- Who takes from the outbox, and up to which entry each has told others.
CREATE TABLE outbox_consumer (
    name TEXT PRIMARY KEY,
    done INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How many open rows of `held` each feed has: those that wait for their application, and the others. The database
-- keeps it by itself, so that no way in which a row is opened or closed can forget it, and nobody has to count.
CREATE TABLE held_count (
    feed    INTEGER NOT NULL,
    waiting INTEGER NOT NULL CHECK (waiting IN (0, 1)),
    items   INTEGER NOT NULL,
    PRIMARY KEY (feed, waiting)
) STRICT, WITHOUT ROWID;
INSERT INTO held_count (feed, waiting, items)
    SELECT feed, application IS NULL, count(*) FROM held WHERE closed IS NULL GROUP BY 1, 2;
CREATE TRIGGER held_added AFTER INSERT ON held WHEN NEW.closed IS NULL BEGIN
    INSERT INTO held_count (feed, waiting, items) VALUES (NEW.feed, NEW.application IS NULL, 1)
        ON CONFLICT (feed, waiting) DO UPDATE SET items = held_count.items + 1;
END;
CREATE TRIGGER held_changed AFTER UPDATE OF application, closed ON held BEGIN
    UPDATE held_count SET items = items - 1
        WHERE OLD.closed IS NULL AND feed = OLD.feed AND waiting = (OLD.application IS NULL);
    INSERT INTO held_count (feed, waiting, items) SELECT NEW.feed, NEW.application IS NULL, 1 WHERE NEW.closed IS NULL
        ON CONFLICT (feed, waiting) DO UPDATE SET items = held_count.items + 1;
END;
CREATE TRIGGER held_removed AFTER DELETE ON held WHEN OLD.closed IS NULL BEGIN
    UPDATE held_count SET items = items - 1 WHERE feed = OLD.feed AND waiting = (OLD.application IS NULL);
END;

-- What is settled and may be forgotten after a while. What a person settled while it waited is remembered for good,
-- as hashes without its report: told again, it must not count.
CREATE INDEX held_settled ON held (closed_at)
    WHERE closed_at IS NOT NULL AND (application IS NOT NULL OR closed IN ('recorded', 'resolved', 'expired'));
-- What waits for its feed although its application is there.
CREATE INDEX held_inactive ON held (id) WHERE why = 'feed_inactive' AND closed IS NULL;

-- Dead letters that were decided about and are forgotten but for a keyed hash: the same message again is known.
CREATE TABLE dead_letter_settled (
    letter BLOB PRIMARY KEY CHECK (length(letter) = 16)
) STRICT, WITHOUT ROWID;
CREATE INDEX dead_letter_closed ON dead_letter (closed_at) WHERE closed_at IS NOT NULL;
