-- Which feed told first that a card arrived, and when the first feed beside it did: what the sender of a batch says
-- itself is no arrival, and who the sender is may be known only later.
ALTER TABLE manifest_line ADD COLUMN arrived_by BIGINT;
ALTER TABLE manifest_line ADD COLUMN again_at BIGINT;
