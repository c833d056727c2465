-- What a person settled while it waited for its application: whether there is any such thing is asked with every batch.
CREATE INDEX held_settled_waiting ON held (receipt)
    WHERE application IS NULL AND closed IN ('released', 'corrected', 'discarded');
