-- What the directory of offices knows beyond names and telephones: hours that a program reads, services (a bit each), the
-- place in millionths of a degree, and the organ above.
ALTER TABLE office ADD COLUMN opening TEXT NOT NULL DEFAULT '';
ALTER TABLE office ADD COLUMN services INTEGER NOT NULL DEFAULT 0;
ALTER TABLE office ADD COLUMN latitude INTEGER;
ALTER TABLE office ADD COLUMN longitude INTEGER;
ALTER TABLE office ADD COLUMN parent INTEGER;
