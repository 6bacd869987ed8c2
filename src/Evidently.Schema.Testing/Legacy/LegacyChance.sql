-- Compiling these queries takes longer than running them.
SET jit = off;

-- Randomness that is the same each time: functions of what it is for (n), the seed, and which of the rolls for it (roll).
CREATE OR REPLACE FUNCTION pg_temp.legacy_pick(n bigint, seed bigint, roll bigint, choices bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (pg_catalog.hashint8extended(n, seed * 1000 + roll) & 4611686018427387903) % choices;

CREATE OR REPLACE FUNCTION pg_temp.legacy_happens(n bigint, seed bigint, roll bigint, share double precision) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (pg_catalog.hashint8extended(n, seed * 1000 + roll) & 1048575) < share * 1048576;

CREATE OR REPLACE FUNCTION pg_temp.legacy_uuid(kind text, seed bigint, n bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN pg_catalog.md5(kind || ':' || seed || ':' || n)::uuid;
