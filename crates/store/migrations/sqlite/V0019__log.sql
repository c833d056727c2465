-- The log that outsiders can check. Every look at somebody's application and every change is one leaf of a tree of
-- hashes, in the order in which they were taken in.

-- Looks, by whom they were at. `entry` is what the record of inquiries holds.
CREATE TABLE look (
    subject BLOB NOT NULL CHECK (length(subject) = 16),
    leaf    INTEGER NOT NULL CHECK (leaf >= 0),
    entry   BLOB NOT NULL,
    PRIMARY KEY (subject, leaf)
) STRICT, WITHOUT ROWID;
CREATE INDEX look_by_leaf ON look (leaf);

-- Changes: which leaf each is, once it is one.
ALTER TABLE audit ADD COLUMN leaf INTEGER CHECK (leaf >= 0);
CREATE INDEX audit_unlogged ON audit (id) WHERE leaf IS NULL;
CREATE INDEX audit_by_leaf ON audit (leaf) WHERE leaf IS NOT NULL;

-- Tiles of up to 256 hashes of 32 bytes (C2SP tlog-tiles); at level -1 the leaves themselves.
CREATE TABLE log_tile (
    level  INTEGER NOT NULL,
    number INTEGER NOT NULL,
    hashes BLOB NOT NULL,
    PRIMARY KEY (level, number)
) STRICT, WITHOUT ROWID;

-- Every run of a server that has records, up to which frame of it was taken in, and where that one ended.
CREATE TABLE log_source (
    source BLOB PRIMARY KEY CHECK (length(source) = 16),
    number INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    place  BLOB NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO log_source (source, number, at, place)
    SELECT DISTINCT server, 0, 0, x'' FROM inquiry_frame;
CREATE INDEX inquiry_frame_by_run ON inquiry_frame (server, number);
