-- Inquiries whose facts fitted nothing, by the person they were about and the way they went: the moments of the last ten,
-- the newest first. An unknown number has rows like a known one.
CREATE TABLE mismatch (
    subject BYTEA NOT NULL CHECK (octet_length(subject) = 16),
    way     BIGINT NOT NULL,
    counted BIGINT NOT NULL,
    at1     BIGINT NOT NULL,
    at2     BIGINT NOT NULL,
    at3     BIGINT NOT NULL,
    at4     BIGINT NOT NULL,
    at5     BIGINT NOT NULL,
    at6     BIGINT NOT NULL,
    at7     BIGINT NOT NULL,
    at8     BIGINT NOT NULL,
    at9     BIGINT NOT NULL,
    at10    BIGINT NOT NULL,
    PRIMARY KEY (subject, way)
) PARTITION BY HASH (subject);
CREATE INDEX mismatch_at ON mismatch (at1);
DO $$
BEGIN
    FOR part IN 0..15 LOOP
        EXECUTE format('CREATE TABLE mismatch_%s PARTITION OF mismatch
            FOR VALUES WITH (MODULUS 16, REMAINDER %s)', part, part);
    END LOOP;
END
$$;
