-- The cards that are still open, batch by batch: the index alone answers, so that it is taken without being told to.
-- No other database is told which index to take.
DROP INDEX manifest_line_open;
CREATE INDEX manifest_line_open ON manifest_line (feed, batch, arrived_at) WHERE arrived_at IS NULL;
