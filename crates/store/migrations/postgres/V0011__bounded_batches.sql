-- Batches end: how much a feed announced is counted, what is long past is forgotten, and nobody walks all of it.

-- An arrival is known by the event that told it, so that it goes when its event is withdrawn. Of those from before the
-- event was not remembered: zeros.
CREATE TABLE arrival_told (
    batch   TEXT COLLATE "C" NOT NULL,
    receipt BYTEA NOT NULL CHECK (octet_length(receipt) = 16),
    feed    BIGINT NOT NULL,
    event   BYTEA NOT NULL CHECK (octet_length(event) = 16),
    at      BIGINT NOT NULL,
    PRIMARY KEY (batch, receipt, feed, event)
);
INSERT INTO arrival_told SELECT batch, receipt, feed, decode(repeat('00', 16), 'hex'), at FROM arrival;
DROP TABLE arrival;
ALTER TABLE arrival_told RENAME TO arrival;
ALTER INDEX arrival_told_pkey RENAME TO arrival_pkey;
CREATE INDEX arrival_by_receipt ON arrival (receipt);
CREATE INDEX arrival_by_age ON arrival (at);

-- When a listed card arrived first, as another feed than its sender told; null while it is open.
ALTER TABLE manifest_line ADD COLUMN arrived_at BIGINT;
UPDATE manifest_line SET arrived_at = (SELECT min(at) FROM arrival
    WHERE arrival.batch = manifest_line.batch AND arrival.receipt = manifest_line.receipt
        AND arrival.feed <> manifest_line.feed);
CREATE INDEX manifest_line_open ON manifest_line (feed, batch) WHERE arrived_at IS NULL;
CREATE INDEX manifest_by_due ON manifest (due_at);
CREATE INDEX manifest_by_number ON manifest (batch);

-- How many batches and cards of batches are kept of each feed. The database counts by itself; in parts as for
-- `held_count`, but in 1,024 by the first bits of the card's receipt: one announcement adds up to 100,000 cards.
CREATE TABLE manifest_tally (
    feed  BIGINT NOT NULL,
    slot  BIGINT NOT NULL,
    items BIGINT NOT NULL,
    PRIMARY KEY (feed, slot)
) WITH (fillfactor = 50);
CREATE VIEW manifest_count AS
    SELECT feed, CAST(sum(items) AS BIGINT) AS items FROM manifest_tally GROUP BY feed;
INSERT INTO manifest_tally (feed, slot, items) SELECT feed, slot, count(*)
    FROM (SELECT feed, 0 AS slot FROM manifest UNION ALL
        SELECT feed, get_byte(receipt, 0) * 4 + get_byte(receipt, 1) / 64 FROM manifest_line) AS kept
    GROUP BY feed, slot;
CREATE FUNCTION manifest_counted() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO manifest_tally (feed, slot, items) VALUES (NEW.feed, 0, 1)
            ON CONFLICT (feed, slot) DO UPDATE SET items = manifest_tally.items + 1;
    ELSE
        UPDATE manifest_tally SET items = items - 1 WHERE feed = OLD.feed AND slot = 0;
    END IF;
    RETURN NULL;
END
$$;
CREATE FUNCTION manifest_line_counted() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    card BYTEA := CASE WHEN TG_OP = 'INSERT' THEN NEW.receipt ELSE OLD.receipt END;
    part BIGINT := get_byte(card, 0) * 4 + get_byte(card, 1) / 64;
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO manifest_tally (feed, slot, items) VALUES (NEW.feed, part, 1)
            ON CONFLICT (feed, slot) DO UPDATE SET items = manifest_tally.items + 1;
    ELSE
        UPDATE manifest_tally SET items = items - 1 WHERE feed = OLD.feed AND slot = part;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER manifest_added AFTER INSERT ON manifest FOR EACH ROW EXECUTE FUNCTION manifest_counted();
CREATE TRIGGER manifest_removed AFTER DELETE ON manifest FOR EACH ROW EXECUTE FUNCTION manifest_counted();
CREATE TRIGGER manifest_line_added AFTER INSERT ON manifest_line
    FOR EACH ROW EXECUTE FUNCTION manifest_line_counted();
CREATE TRIGGER manifest_line_removed AFTER DELETE ON manifest_line
    FOR EACH ROW EXECUTE FUNCTION manifest_line_counted();

-- A feed that asks for what is its own looks at its own rows alone, for every reason and with what is settled.
CREATE INDEX held_of_feed ON held (feed, id);
CREATE INDEX held_of_feed_open ON held (feed, id) WHERE closed IS NULL;
CREATE INDEX held_of_reason ON held (feed, why, id);
CREATE INDEX held_of_reason_open ON held (feed, why, id) WHERE closed IS NULL;
CREATE INDEX dead_letter_of_feed ON dead_letter (feed, id) WHERE closed IS NULL;
