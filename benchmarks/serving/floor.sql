-- The least a marketplace needs to hand out tasks right: an overlap that cannot be exceeded, a lease, one worker
-- once per item, and a cursor per worker so that what they have answered is never walked over again.
CREATE TABLE IF NOT EXISTS floor_item (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  project integer NOT NULL,
  number bigint NOT NULL,
  place bigint NOT NULL,
  -- claims still wanted; apart from `is_wanted` so that only the last claim of an item touches the index
  wanted smallint NOT NULL CONSTRAINT floor_never_beyond_overlap CHECK (wanted >= 0),
  answers smallint NOT NULL DEFAULT 0,
  is_wanted boolean NOT NULL DEFAULT true,
  content text NOT NULL
) WITH (fillfactor = 85);
CREATE INDEX IF NOT EXISTS floor_item_queue ON floor_item (project, place) WHERE is_wanted;

CREATE TABLE IF NOT EXISTS floor_claim (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  item bigint NOT NULL,
  worker integer NOT NULL,
  answered boolean NOT NULL DEFAULT false,
  leased_until timestamptz NOT NULL,
  CONSTRAINT floor_one_worker_once_per_item UNIQUE (worker, item)
) WITH (fillfactor = 85);

CREATE TABLE IF NOT EXISTS floor_answer (
  claim bigint PRIMARY KEY,
  item bigint NOT NULL,
  worker integer NOT NULL,
  value jsonb NOT NULL,
  answered_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS floor_answer_of_item ON floor_answer (item);

CREATE TABLE IF NOT EXISTS floor_cursor (
  worker integer NOT NULL,
  project integer NOT NULL,
  place bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (worker, project)
) WITH (fillfactor = 50);
CREATE SEQUENCE IF NOT EXISTS floor_project;
