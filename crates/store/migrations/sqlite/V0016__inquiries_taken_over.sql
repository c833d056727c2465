-- The record of inquiries that came from a database server, frame by frame. What this engine's own server records goes
-- to segment files as before.
CREATE TABLE inquiry_frame (
    server BLOB NOT NULL CHECK (length(server) = 16),
    number INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    frame  BLOB NOT NULL,
    PRIMARY KEY (server, number, at)
) STRICT;
