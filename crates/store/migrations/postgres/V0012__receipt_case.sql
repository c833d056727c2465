-- Which application a receipt number names. The applications go by their subject, and whoever has a receipt alone
-- finds the subject here: the receipt cannot be unique there, for a unique key has to contain the subject.
CREATE TABLE receipt_case (
    receipt     BYTEA PRIMARY KEY CHECK (octet_length(receipt) = 16),
    subject     BYTEA NOT NULL CHECK (octet_length(subject) = 16),
    application BIGINT NOT NULL
) PARTITION BY HASH (receipt);
DO $$
BEGIN
    FOR part IN 0..15 LOOP
        EXECUTE format('CREATE TABLE receipt_case_%s PARTITION OF receipt_case
            FOR VALUES WITH (MODULUS 16, REMAINDER %s)', part, part);
    END LOOP;
END
$$;
INSERT INTO receipt_case (receipt, subject, application) SELECT receipt, subject, id FROM application;
