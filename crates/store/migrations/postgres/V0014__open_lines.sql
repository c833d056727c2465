-- The cards that are still open, batch by batch: the index alone answers.
DROP INDEX manifest_line_open;
CREATE INDEX manifest_line_open ON manifest_line (feed, batch, receipt) WHERE arrived_at IS NULL;
