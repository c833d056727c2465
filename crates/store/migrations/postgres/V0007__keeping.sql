-- How long things are kept, and how many of them.

-- Who takes from the outbox, and up to which entry each has told others.
CREATE TABLE outbox_consumer (
    name TEXT COLLATE "C" PRIMARY KEY,
    done BIGINT NOT NULL
);

-- How many open rows of `held` each feed has: those that wait for their application, and the others. The database
-- keeps it by itself, so that no way in which a row is opened or closed can forget it, and nobody has to count.
-- A number that changes many times in one transaction leaves all its former versions behind until the transaction
-- ends, and each change walks past them: so each is kept in 256 parts, by the first byte of the receipt, and
-- `held_count` adds them up.
CREATE TABLE held_tally (
    feed    BIGINT NOT NULL,
    waiting BIGINT NOT NULL CHECK (waiting IN (0, 1)),
    slot    BIGINT NOT NULL,
    items   BIGINT NOT NULL,
    PRIMARY KEY (feed, waiting, slot)
) WITH (fillfactor = 50);
CREATE VIEW held_count AS
    SELECT feed, waiting, CAST(sum(items) AS BIGINT) AS items FROM held_tally GROUP BY feed, waiting;
INSERT INTO held_tally (feed, waiting, slot, items)
    SELECT feed, CASE WHEN application IS NULL THEN 1 ELSE 0 END, get_byte(receipt, 0), count(*)
    FROM held WHERE closed IS NULL GROUP BY 1, 2, 3;
CREATE FUNCTION held_counted() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.closed IS NULL THEN
        UPDATE held_tally SET items = items - 1 WHERE feed = OLD.feed AND slot = get_byte(OLD.receipt, 0)
            AND waiting = CASE WHEN OLD.application IS NULL THEN 1 ELSE 0 END;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.closed IS NULL THEN
        INSERT INTO held_tally (feed, waiting, slot, items)
            VALUES (NEW.feed, CASE WHEN NEW.application IS NULL THEN 1 ELSE 0 END, get_byte(NEW.receipt, 0), 1)
            ON CONFLICT (feed, waiting, slot) DO UPDATE SET items = held_tally.items + 1;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER held_added AFTER INSERT ON held FOR EACH ROW EXECUTE FUNCTION held_counted();
CREATE TRIGGER held_changed AFTER UPDATE OF application, closed ON held FOR EACH ROW EXECUTE FUNCTION held_counted();
CREATE TRIGGER held_removed AFTER DELETE ON held FOR EACH ROW EXECUTE FUNCTION held_counted();

-- What is settled and may be forgotten after a while. What a person settled while it waited is remembered for good,
-- as hashes without its report: told again, it must not count.
CREATE INDEX held_settled ON held (closed_at)
    WHERE closed_at IS NOT NULL AND (application IS NOT NULL OR closed IN ('recorded', 'resolved', 'expired'));
-- What waits for its feed although its application is there.
CREATE INDEX held_inactive ON held (id) WHERE why = 'feed_inactive' AND closed IS NULL;

-- Dead letters that were decided about and are forgotten but for a keyed hash: the same message again is known.
CREATE TABLE dead_letter_settled (
    letter BYTEA PRIMARY KEY CHECK (octet_length(letter) = 16)
);
CREATE INDEX dead_letter_closed ON dead_letter (closed_at) WHERE closed_at IS NOT NULL;
