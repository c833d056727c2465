-- The number of a batch is its sender's own: another feed may have a batch of the same number.
CREATE TABLE manifest_of_feed (
    feed        BIGINT NOT NULL,
    batch       TEXT COLLATE "C" NOT NULL,
    count       BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    declared_at BIGINT NOT NULL,
    PRIMARY KEY (feed, batch)
);
INSERT INTO manifest_of_feed SELECT feed, batch, count, due_at, declared_at FROM manifest;

-- The cards that a sender listed. `number` is the sealed receipt number.
CREATE TABLE manifest_line_of_feed (
    feed    BIGINT NOT NULL,
    batch   TEXT COLLATE "C" NOT NULL,
    receipt BYTEA NOT NULL CHECK (octet_length(receipt) = 16),
    number  BYTEA NOT NULL,
    PRIMARY KEY (feed, batch, receipt)
);
INSERT INTO manifest_line_of_feed
    SELECT manifest.feed, batch, receipt, number FROM manifest_line JOIN manifest USING (batch)
    WHERE number IS NOT NULL;

-- Which feed told that a card came with a batch of that number, and when first. Who sent the batch may not be known
-- yet; what its sender tells itself is no arrival. Feed 0 is one that was not remembered, and not the sender.
CREATE TABLE arrival (
    batch   TEXT COLLATE "C" NOT NULL,
    receipt BYTEA NOT NULL CHECK (octet_length(receipt) = 16),
    feed    BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (batch, receipt, feed)
);
INSERT INTO arrival SELECT batch, receipt, coalesce(arrived_by, 0), arrived_at FROM manifest_line
    WHERE arrived_at IS NOT NULL;
INSERT INTO arrival SELECT batch, receipt, 0, again_at FROM manifest_line
    WHERE again_at IS NOT NULL AND arrived_by IS NOT NULL;

DROP TABLE manifest_line;
DROP TABLE manifest;
ALTER TABLE manifest_of_feed RENAME TO manifest;
ALTER INDEX manifest_of_feed_pkey RENAME TO manifest_pkey;
ALTER TABLE manifest_line_of_feed RENAME TO manifest_line;
ALTER INDEX manifest_line_of_feed_pkey RENAME TO manifest_line_pkey;
CREATE INDEX manifest_line_by_receipt ON manifest_line (receipt);

-- What is kept of a request is from now on a hash with a key; the others would have lived for a day.
DELETE FROM idempotency;
