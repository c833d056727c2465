-- What servers on one database share: who does what only one may do, what was spent of budgets, and which names of
-- messages were met. The embedded engine has one server, which needs the last of them.
CREATE TABLE lease (
    name   TEXT PRIMARY KEY NOT NULL,
    holder BLOB NOT NULL,
    beat   INTEGER NOT NULL
) STRICT;
CREATE TABLE spent (
    server BLOB NOT NULL,
    number INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    until  INTEGER NOT NULL,
    frame  BLOB NOT NULL,
    PRIMARY KEY (server, number)
) STRICT;
CREATE INDEX spent_until ON spent (until);
CREATE TABLE seen (
    feed     INTEGER NOT NULL,
    name     BLOB NOT NULL,
    print    BLOB NOT NULL,
    met      BLOB NOT NULL,
    until    INTEGER NOT NULL,
    answered INTEGER NOT NULL,
    repeats  INTEGER NOT NULL,
    PRIMARY KEY (feed, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_until ON seen (until);
