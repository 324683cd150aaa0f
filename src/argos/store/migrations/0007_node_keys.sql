-- Keys of nodes can be told apart without being shown, and one can take another's place while its node runs.

-- Twelve hex digits of the key's SHA-256: of 256 random bits they give nothing away.
-- `replaces` is the id of the key that ends with the first use of this one.
ALTER TABLE node_keys
    ADD COLUMN key_id text GENERATED ALWAYS AS (left(encode(sha256(key), 'hex'), 12)) STORED,
    ADD COLUMN replaces text;

-- The key that signed the newest request.
ALTER TABLE node_sessions ADD COLUMN key_id text;

-- Since when the operator wants the node to take a new key. The wish is fulfilled when a key made later signs.
ALTER TABLE nodes ADD COLUMN rekey_wanted_at timestamptz;

GRANT DELETE ON node_keys TO argos_dispatch;

-- What tells of keys and codes; not the key, and not the hash of the code.
GRANT SELECT (node, slot, key_id, replaces, created_at) ON node_keys TO argos_reader;
GRANT SELECT (node, expires_at, used_at) ON enrolment_codes TO argos_reader;
