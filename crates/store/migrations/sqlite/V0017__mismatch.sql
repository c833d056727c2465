-- Inquiries whose facts fitted nothing, by the person they were about and the way they went: the moments of the last ten,
-- the newest first. An unknown number has rows like a known one.
CREATE TABLE mismatch (
    subject BLOB NOT NULL CHECK (length(subject) = 16),
    way     INTEGER NOT NULL,
    counted INTEGER NOT NULL,
    at1     INTEGER NOT NULL,
    at2     INTEGER NOT NULL,
    at3     INTEGER NOT NULL,
    at4     INTEGER NOT NULL,
    at5     INTEGER NOT NULL,
    at6     INTEGER NOT NULL,
    at7     INTEGER NOT NULL,
    at8     INTEGER NOT NULL,
    at9     INTEGER NOT NULL,
    at10    INTEGER NOT NULL,
    PRIMARY KEY (subject, way)
) STRICT, WITHOUT ROWID;
CREATE INDEX mismatch_at ON mismatch (at1);
