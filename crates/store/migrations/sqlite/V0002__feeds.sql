-- Feeds as things with an owner and a rank, what waits for a person, and what others are told.

-- A feed from before belongs to nobody we know: the demonstration's organ, every stage, no rhythm.
-- `secret` and `secret_before` are sealed; the one before is valid until `before_until`.
ALTER TABLE feed ADD COLUMN kind TEXT NOT NULL DEFAULT 'intake';
ALTER TABLE feed ADD COLUMN owner INTEGER NOT NULL DEFAULT 119900000;
ALTER TABLE feed ADD COLUMN stages TEXT NOT NULL DEFAULT 'submitted accepted under_review signed data_check in_production quality_check produced in_distribution mailed ready_for_collection collected not_accepted correction_required returned remake mail_returned uncollected withdrawn cancelled';
ALTER TABLE feed ADD COLUMN rank INTEGER NOT NULL DEFAULT 50;
ALTER TABLE feed ADD COLUMN rhythm TEXT;
ALTER TABLE feed ADD COLUMN codes TEXT;
ALTER TABLE feed ADD COLUMN state TEXT NOT NULL DEFAULT 'active';
ALTER TABLE feed ADD COLUMN secret BLOB;
ALTER TABLE feed ADD COLUMN secret_before BLOB;
ALTER TABLE feed ADD COLUMN before_until INTEGER;

-- The precedence of the feed when it reported.
ALTER TABLE milestone ADD COLUMN rank INTEGER NOT NULL DEFAULT 50;

-- Whether the card was announced in a batch that is past due, and did not arrive.
ALTER TABLE application ADD COLUMN missing INTEGER NOT NULL DEFAULT 0;

-- What waits: a milestone that cannot be true beside the others, or a report of an application that nobody has
-- opened. The second has no subject and no application yet, and its report is sealed. One row for an event.
CREATE TABLE held (
    id          INTEGER PRIMARY KEY,
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
CREATE UNIQUE INDEX held_by_event ON held (receipt, feed, event);
CREATE INDEX held_open ON held (id) WHERE closed IS NULL;
CREATE INDEX held_waiting ON held (until) WHERE closed IS NULL AND application IS NULL;

-- One entry for each application whose public stage changed in a batch; taken by who tells others of it.
CREATE TABLE outbox (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    subject     BLOB NOT NULL CHECK (length(subject) = 16),
    application INTEGER NOT NULL,
    from_stage  TEXT,
    to_stage    TEXT,
    at          INTEGER NOT NULL
) STRICT;

-- What a sender announced as one batch.
CREATE TABLE manifest (
    batch       TEXT PRIMARY KEY,
    feed        INTEGER NOT NULL,
    count       INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    declared_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Each card of a batch: listed by its sender, arrived, or both. `number` is the sealed receipt number.
-- Whose card it is nobody may know yet, so these rows go by the receipt.
CREATE TABLE manifest_line (
    batch      TEXT NOT NULL,
    receipt    BLOB NOT NULL CHECK (length(receipt) = 16),
    number     BLOB,
    arrived_at INTEGER,
    PRIMARY KEY (batch, receipt)
) STRICT, WITHOUT ROWID;
CREATE INDEX manifest_line_by_receipt ON manifest_line (receipt);
CREATE INDEX manifest_line_open ON manifest_line (batch) WHERE number IS NOT NULL AND arrived_at IS NULL;
CREATE INDEX application_missing ON application (id) WHERE missing = 1;

-- Answers that are given again to whoever asks again with the same key.
CREATE TABLE idempotency (
    feed         INTEGER NOT NULL,
    key          BLOB NOT NULL,
    request_hash BLOB NOT NULL,
    status       INTEGER NOT NULL,
    body         BLOB NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (feed, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_age ON idempotency (at);
