-- What Jindu keeps. Every table that grows with applications names the subject, the keyed hash of the
-- citizen number, so that a second engine can partition by it.

CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE office (
    organ      INTEGER PRIMARY KEY,
    name_zh    TEXT NOT NULL,
    name_en    TEXT NOT NULL,
    address_zh TEXT NOT NULL,
    address_en TEXT NOT NULL,
    phone      TEXT NOT NULL,
    hours_zh   TEXT NOT NULL,
    hours_en   TEXT NOT NULL
) STRICT;

CREATE TABLE feed (
    id            INTEGER PRIMARY KEY,
    name          TEXT NOT NULL UNIQUE,
    added_at      INTEGER NOT NULL,
    last_heard    INTEGER,
    last_happened INTEGER
) STRICT;

-- The id is the order of arrival: neighbours in a production batch stay neighbours on disk.
-- `progress` is the packed fold of the milestones; `person` is sealed.
CREATE TABLE application (
    id            INTEGER PRIMARY KEY,
    subject       BLOB NOT NULL CHECK (length(subject) = 16),
    receipt       BLOB NOT NULL CHECK (length(receipt) = 16),
    applied_on    TEXT NOT NULL CHECK (length(applied_on) = 10),
    kind          TEXT NOT NULL,
    reason        TEXT NOT NULL,
    delivery      TEXT NOT NULL,
    accepting     INTEGER NOT NULL,
    signing       INTEGER NOT NULL,
    handing_out   INTEGER NOT NULL,
    promised_days INTEGER NOT NULL,
    person        BLOB NOT NULL,
    progress      BLOB
) STRICT;
CREATE INDEX application_by_subject ON application (subject);
CREATE UNIQUE INDEX application_by_receipt ON application (receipt);

-- The truth behind `application.progress`. Rows are only ever added.
CREATE TABLE milestone (
    subject     BLOB NOT NULL,
    application INTEGER NOT NULL,
    feed        INTEGER NOT NULL,
    event       BLOB NOT NULL CHECK (length(event) = 16),
    step        TEXT NOT NULL,
    organ       INTEGER NOT NULL,
    cause       TEXT,
    happened_at INTEGER NOT NULL,
    learned_at  INTEGER NOT NULL,
    PRIMARY KEY (application, feed, event)
) STRICT, WITHOUT ROWID;

-- How many cards of one kind and organ took how many days from entering a stage to being ready.
CREATE TABLE history (
    organ INTEGER NOT NULL,
    kind  TEXT NOT NULL,
    stage TEXT NOT NULL,
    days  INTEGER NOT NULL,
    cards INTEGER NOT NULL,
    PRIMARY KEY (organ, kind, stage, days)
) STRICT, WITHOUT ROWID;

-- One entry for each change, written in the transaction of the change.
CREATE TABLE audit (
    id     INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    actor  TEXT NOT NULL,
    action TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
