-- People who work with the system. `handle` is what a passkey knows its owner by; it is random and says nothing.
CREATE TABLE staff (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    handle   BLOB NOT NULL UNIQUE CHECK (length(handle) = 16),
    login    TEXT NOT NULL UNIQUE,
    number   TEXT NOT NULL,
    role     TEXT NOT NULL,
    organ    INTEGER NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('active', 'blocked')),
    added_at INTEGER NOT NULL
) STRICT;
CREATE INDEX staff_by_number ON staff (number);

-- Their passkeys, by a keyed hash of what names each; the passkey itself is sealed.
CREATE TABLE staff_passkey (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    staff      INTEGER NOT NULL,
    credential BLOB NOT NULL UNIQUE CHECK (length(credential) = 16),
    passkey    BLOB NOT NULL,
    made_at    INTEGER NOT NULL,
    used_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX staff_passkey_by_staff ON staff_passkey (staff);

-- What nobody can make of what stands here: keyed hashes of codes that enrol once, and of what signs in.
CREATE TABLE staff_code (
    code    BLOB PRIMARY KEY NOT NULL CHECK (length(code) = 16),
    staff   INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    until   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX staff_code_by_staff ON staff_code (staff);
CREATE TABLE staff_session (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    token         BLOB NOT NULL UNIQUE CHECK (length(token) = 16),
    staff         INTEGER NOT NULL,
    made_at       INTEGER NOT NULL,
    seen_at       INTEGER NOT NULL,
    stepped_up_at INTEGER NOT NULL
) STRICT;
CREATE INDEX staff_session_by_staff ON staff_session (staff);
CREATE INDEX staff_session_made_at ON staff_session (made_at);

-- Failures one after the other, by a keyed hash of the door that they were at.
CREATE TABLE staff_failure (
    door    BLOB PRIMARY KEY NOT NULL CHECK (length(door) = 16),
    count   INTEGER NOT NULL,
    last_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX staff_failure_last_at ON staff_failure (last_at);
