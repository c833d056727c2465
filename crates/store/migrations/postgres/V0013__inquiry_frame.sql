-- The record of inquiries. Each frame holds the entries that were written together, as the segment files of the
-- embedded engine hold them, and names the hash of the frame before it: of the same server in the same run, for
-- servers write side by side. `at` is in milliseconds; a partition holds a year in UTC.
CREATE TABLE inquiry_frame (
    server BYTEA NOT NULL CHECK (octet_length(server) = 16),
    number BIGINT NOT NULL,
    at     BIGINT NOT NULL,
    frame  BYTEA NOT NULL,
    PRIMARY KEY (at, server, number)
) PARTITION BY RANGE (at);
DO $$
BEGIN
    FOR year IN 2025..2040 LOOP
        EXECUTE format('CREATE TABLE inquiry_frame_%s PARTITION OF inquiry_frame FOR VALUES FROM (%s) TO (%s)', year,
            (extract(epoch FROM make_timestamptz(year, 1, 1, 0, 0, 0, 'UTC')) * 1000)::BIGINT,
            (extract(epoch FROM make_timestamptz(year + 1, 1, 1, 0, 0, 0, 'UTC')) * 1000)::BIGINT);
    END LOOP;
END
$$;
CREATE TABLE inquiry_frame_other PARTITION OF inquiry_frame DEFAULT;
