-- Work that was done by a suspicious source, by the keyed hash of what was asked: it counts once.
CREATE TABLE solved (
    challenge BYTEA PRIMARY KEY NOT NULL CHECK (octet_length(challenge) = 16),
    until     BIGINT NOT NULL
);
CREATE INDEX solved_until ON solved (until);
