-- Batches end: how much a feed announced is counted, what is long past is forgotten, and nobody walks all of it.

-- An arrival is known by the event that told it, so that it goes when its event is withdrawn. Of those from before the
-- event was not remembered: zeros.
CREATE TABLE arrival_told (
    batch   TEXT NOT NULL,
    receipt BLOB NOT NULL CHECK (length(receipt) = 16),
    feed    INTEGER NOT NULL,
    event   BLOB NOT NULL CHECK (length(event) = 16),
    at      INTEGER NOT NULL,
    PRIMARY KEY (batch, receipt, feed, event)
) STRICT, WITHOUT ROWID;
INSERT INTO arrival_told SELECT batch, receipt, feed, zeroblob(16), at FROM arrival;
DROP TABLE arrival;
ALTER TABLE arrival_told RENAME TO arrival;
CREATE INDEX arrival_by_receipt ON arrival (receipt);
CREATE INDEX arrival_by_age ON arrival (at);

-- When a listed card arrived first, as another feed than its sender told; null while it is open.
ALTER TABLE manifest_line ADD COLUMN arrived_at INTEGER;
UPDATE manifest_line SET arrived_at = (SELECT min(at) FROM arrival
    WHERE arrival.batch = manifest_line.batch AND arrival.receipt = manifest_line.receipt
        AND arrival.feed <> manifest_line.feed);
CREATE INDEX manifest_line_open ON manifest_line (feed, batch) WHERE arrived_at IS NULL;
CREATE INDEX manifest_by_due ON manifest (due_at);
CREATE INDEX manifest_by_number ON manifest (batch);

-- How many batches and cards of batches are kept of each feed. The database counts by itself.
CREATE TABLE manifest_count (
    feed  INTEGER PRIMARY KEY,
    items INTEGER NOT NULL
) STRICT;
INSERT INTO manifest_count (feed, items) SELECT feed, count(*)
    FROM (SELECT feed FROM manifest UNION ALL SELECT feed FROM manifest_line) GROUP BY feed;
CREATE TRIGGER manifest_added AFTER INSERT ON manifest BEGIN
    INSERT INTO manifest_count (feed, items) VALUES (NEW.feed, 1)
        ON CONFLICT (feed) DO UPDATE SET items = manifest_count.items + 1;
END;
CREATE TRIGGER manifest_removed AFTER DELETE ON manifest BEGIN
    UPDATE manifest_count SET items = items - 1 WHERE feed = OLD.feed;
END;
CREATE TRIGGER manifest_line_added AFTER INSERT ON manifest_line BEGIN
    INSERT INTO manifest_count (feed, items) VALUES (NEW.feed, 1)
        ON CONFLICT (feed) DO UPDATE SET items = manifest_count.items + 1;
END;
CREATE TRIGGER manifest_line_removed AFTER DELETE ON manifest_line BEGIN
    UPDATE manifest_count SET items = items - 1 WHERE feed = OLD.feed;
END;

-- A feed that asks for what is its own looks at its own rows alone, for every reason and with what is settled.
CREATE INDEX held_of_feed ON held (feed, id);
CREATE INDEX held_of_feed_open ON held (feed, id) WHERE closed IS NULL;
CREATE INDEX held_of_reason ON held (feed, why, id);
CREATE INDEX held_of_reason_open ON held (feed, why, id) WHERE closed IS NULL;
CREATE INDEX dead_letter_of_feed ON dead_letter (feed, id) WHERE closed IS NULL;
