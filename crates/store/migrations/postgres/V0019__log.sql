-- The log that outsiders can check. Every look at somebody's application and every change is one leaf of a tree of
-- hashes, in the order in which they were taken in.

-- Looks, by whom they were at. `entry` is what the record of inquiries holds.
CREATE TABLE look (
    subject BYTEA NOT NULL CHECK (octet_length(subject) = 16),
    leaf    BIGINT NOT NULL CHECK (leaf >= 0),
    entry   BYTEA NOT NULL,
    PRIMARY KEY (subject, leaf)
) PARTITION BY HASH (subject);
CREATE INDEX look_by_leaf ON look (leaf);
DO $$
BEGIN
    FOR part IN 0..15 LOOP
        EXECUTE format('CREATE TABLE look_%s PARTITION OF look
            FOR VALUES WITH (MODULUS 16, REMAINDER %s)', part, part);
    END LOOP;
END
$$;

-- Changes: which leaf each is, once it is one.
ALTER TABLE audit ADD COLUMN leaf BIGINT CHECK (leaf >= 0);
CREATE INDEX audit_unlogged ON audit (id) WHERE leaf IS NULL;
CREATE INDEX audit_by_leaf ON audit (leaf) WHERE leaf IS NOT NULL;

-- Tiles of up to 256 hashes of 32 bytes (C2SP tlog-tiles); at level -1 the leaves themselves.
CREATE TABLE log_tile (
    level  BIGINT NOT NULL,
    number BIGINT NOT NULL,
    hashes BYTEA NOT NULL,
    PRIMARY KEY (level, number)
);

-- Every run of a server that has records, up to which frame of it was taken in, and where that one ended.
CREATE TABLE log_source (
    source BYTEA PRIMARY KEY CHECK (octet_length(source) = 16),
    number BIGINT NOT NULL,
    at     BIGINT NOT NULL,
    place  BYTEA NOT NULL
);
INSERT INTO log_source (source, number, at, place)
    SELECT DISTINCT server, 0, 0, ''::BYTEA FROM inquiry_frame;
CREATE INDEX inquiry_frame_by_run ON inquiry_frame (server, number);
