-- What servers on one database share: who does what only one may do, what was spent of budgets, and which names of
-- messages were met. The embedded engine has one server, which needs the last of them.
CREATE TABLE lease (
    name   TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    holder BYTEA NOT NULL,
    beat   BIGINT NOT NULL
);
CREATE TABLE spent (
    server BYTEA NOT NULL,
    number BIGINT NOT NULL,
    at     BIGINT NOT NULL,
    until  BIGINT NOT NULL,
    frame  BYTEA NOT NULL,
    PRIMARY KEY (server, number)
);
CREATE INDEX spent_until ON spent (until);
CREATE TABLE seen (
    feed     BIGINT NOT NULL,
    name     BYTEA NOT NULL,
    print    BYTEA NOT NULL,
    met      BYTEA NOT NULL,
    until    BIGINT NOT NULL,
    answered BIGINT NOT NULL,
    repeats  BIGINT NOT NULL,
    PRIMARY KEY (feed, name)
);
CREATE INDEX seen_until ON seen (until);
