-- Nothing changes here. The embedded engine gets the table of the record of inquiries, for what it takes over from a
-- database server. The file is here so that a version means the same step of the schema on both engines.
SELECT 1;
