-- Which application a receipt number names, instead of an index on the applications: where they lie in partitions by
-- their subject, a unique key has to contain it, and both engines find an application in one way.
CREATE TABLE receipt_case (
    receipt     BLOB PRIMARY KEY CHECK (length(receipt) = 16),
    subject     BLOB NOT NULL CHECK (length(subject) = 16),
    application INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO receipt_case (receipt, subject, application) SELECT receipt, subject, id FROM application ORDER BY receipt;
DROP INDEX application_by_receipt;
