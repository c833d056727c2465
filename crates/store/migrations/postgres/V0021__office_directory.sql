-- What the directory of offices knows beyond names and telephones: hours that a program reads, services (a bit each), the
-- place in millionths of a degree, and the organ above.
ALTER TABLE office ADD COLUMN opening TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE office ADD COLUMN services BIGINT NOT NULL DEFAULT 0;
ALTER TABLE office ADD COLUMN latitude BIGINT;
ALTER TABLE office ADD COLUMN longitude BIGINT;
ALTER TABLE office ADD COLUMN parent BIGINT;
