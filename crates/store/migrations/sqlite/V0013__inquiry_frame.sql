-- Nothing changes here. With this engine the record of inquiries lies in segment files beside the database, so that an
-- inquiry never waits for the one writer; PostgreSQL keeps it in a table. The file is here so that a version means
-- the same step of the schema on both engines.
SELECT 1;
