-- Work that was done by a suspicious source, by the keyed hash of what was asked: it counts once.
CREATE TABLE solved (
    challenge BLOB PRIMARY KEY NOT NULL CHECK (length(challenge) = 16),
    until     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX solved_until ON solved (until);
