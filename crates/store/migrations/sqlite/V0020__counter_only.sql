-- Whose holder wants no inquiry online, until a counter lifts that.
ALTER TABLE application ADD COLUMN counter_only INTEGER NOT NULL DEFAULT 0;
