-- The number of a held item or a dead letter is never given twice: the log of changes and people's notes name it. Here
-- identity columns see to it, and the tables stay as they are.
DROP INDEX held_inactive;

-- A report that did not open was said to wait for its application, without end.
UPDATE held SET why = 'unreadable_report'
    WHERE why = 'unknown_application' AND until IS NULL AND closed IS NULL AND application IS NULL;

-- What is recorded by itself one day waits; all else is held for a person, with or without an application.
DELETE FROM held_tally;
INSERT INTO held_tally (feed, waiting, slot, items)
    SELECT feed, CASE WHEN application IS NULL AND why IN ('unknown_application', 'feed_inactive') THEN 1 ELSE 0 END,
        get_byte(receipt, 0), count(*)
    FROM held WHERE closed IS NULL GROUP BY 1, 2, 3;
CREATE OR REPLACE FUNCTION held_counted() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.closed IS NULL THEN
        UPDATE held_tally SET items = items - 1 WHERE feed = OLD.feed AND slot = get_byte(OLD.receipt, 0)
            AND waiting = CASE
                WHEN OLD.application IS NULL AND OLD.why IN ('unknown_application', 'feed_inactive') THEN 1 ELSE 0 END;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.closed IS NULL THEN
        INSERT INTO held_tally (feed, waiting, slot, items)
            VALUES (NEW.feed, CASE
                WHEN NEW.application IS NULL AND NEW.why IN ('unknown_application', 'feed_inactive') THEN 1 ELSE 0 END,
                get_byte(NEW.receipt, 0), 1)
            ON CONFLICT (feed, waiting, slot) DO UPDATE SET items = held_tally.items + 1;
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER held_changed ON held;
CREATE TRIGGER held_changed AFTER UPDATE OF application, why, closed ON held
    FOR EACH ROW EXECUTE FUNCTION held_counted();

-- How many open letters each feed has; kept like `held_count`, in parts by the number of the letter.
CREATE TABLE dead_letter_tally (
    feed  BIGINT NOT NULL,
    slot  BIGINT NOT NULL,
    items BIGINT NOT NULL,
    PRIMARY KEY (feed, slot)
) WITH (fillfactor = 50);
CREATE VIEW dead_letter_count AS
    SELECT feed, CAST(sum(items) AS BIGINT) AS items FROM dead_letter_tally GROUP BY feed;
INSERT INTO dead_letter_tally (feed, slot, items)
    SELECT feed, id % 256, count(*) FROM dead_letter WHERE closed IS NULL GROUP BY 1, 2;
CREATE FUNCTION dead_letter_counted() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO dead_letter_tally (feed, slot, items) VALUES (NEW.feed, NEW.id % 256, 1)
            ON CONFLICT (feed, slot) DO UPDATE SET items = dead_letter_tally.items + 1;
    ELSE
        UPDATE dead_letter_tally SET items = items - 1 WHERE feed = OLD.feed AND slot = OLD.id % 256;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER dead_letter_added AFTER INSERT ON dead_letter
    FOR EACH ROW WHEN (NEW.closed IS NULL) EXECUTE FUNCTION dead_letter_counted();
CREATE TRIGGER dead_letter_settles AFTER UPDATE OF closed ON dead_letter
    FOR EACH ROW WHEN (OLD.closed IS NULL AND NEW.closed IS NOT NULL) EXECUTE FUNCTION dead_letter_counted();
CREATE TRIGGER dead_letter_removed AFTER DELETE ON dead_letter
    FOR EACH ROW WHEN (OLD.closed IS NULL) EXECUTE FUNCTION dead_letter_counted();
