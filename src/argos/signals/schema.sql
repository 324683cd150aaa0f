-- The signal service's own file: what it saw, what it decided, what others have still to be told. Rows are added; only
-- `outbox` rows change, until they are done, and `standings`, which is where the symbols stand now. Votes, ticks and
-- checkpoints of old days are pruned, and outbox rows that were told; nothing else ever is. meta `pruned_before` says
-- up to where, as JSON: {"day": the first that is whole, "tick": its first, "vote": the last number before it}.

CREATE TABLE IF NOT EXISTS meta (key text PRIMARY KEY, value text NOT NULL) STRICT;

-- Every configuration and every set of consensus rules that was in force, without secrets, under the hash that records name.
CREATE TABLE IF NOT EXISTS configurations (
    digest text PRIMARY KEY, document text NOT NULL, stored_at text NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS consensus_rules (
    digest text PRIMARY KEY, document text NOT NULL, stored_at text NOT NULL
) STRICT;

-- Votes that the board took, in the order in which it took them, and ticks that gave decisions: a day is made again from these alone.
-- Nearly all of the file are votes, so they are numbers: who voted on what (`voter`), what was said in words (`wording`), p_up in
-- thousandths, and how old the data were at the tick that took it (`age_us`, microseconds). That tick is the first whose
-- `votes_upto` reaches the vote's number, and its `at` is the vote's `fetched_at`. `inputs_hash` is 32 bytes.
CREATE TABLE IF NOT EXISTS voters (
    voter integer PRIMARY KEY, source text NOT NULL, symbol text NOT NULL, UNIQUE (source, symbol)
) STRICT;
CREATE TABLE IF NOT EXISTS wordings (
    wording integer PRIMARY KEY, direction text NOT NULL, status text NOT NULL, reason text NOT NULL,
    UNIQUE (direction, status, reason)
) STRICT;
CREATE TABLE IF NOT EXISTS votes (
    number integer PRIMARY KEY, voter integer NOT NULL, wording integer NOT NULL, p_up_mille integer, age_us integer,
    inputs_hash blob
) STRICT;
-- Votes of before `pruned_before` that a day which was kept begins with, as whole documents: their ticks are gone.
CREATE TABLE IF NOT EXISTS kept_votes (number integer PRIMARY KEY, document text NOT NULL) STRICT;
-- Votes that version 1 of this file stored, as whole documents and with its indexes; empty otherwise.
CREATE TABLE IF NOT EXISTS old_votes (
    number integer PRIMARY KEY, source text NOT NULL, symbol text NOT NULL, document text NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS ticks (
    number integer PRIMARY KEY, day text NOT NULL, at text NOT NULL, rules_digest text NOT NULL, config_digest text NOT NULL,
    votes_upto integer NOT NULL, symbols integer NOT NULL, fired integer NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS ticks_by_day ON ticks (day, number);
CREATE INDEX IF NOT EXISTS ticks_by_votes ON ticks (votes_upto, number);
-- Where each symbol stands after the last tick; a symbol without a row is quiet.
CREATE TABLE IF NOT EXISTS standings (
    symbol text PRIMARY KEY, phase text NOT NULL, direction text NOT NULL, ticks integer NOT NULL, until text
) STRICT;
-- What the board held before the first tick of a process and of a day: symbols, standings, numbers of votes. A day is played
-- again from here, and the day before must lead here.
CREATE TABLE IF NOT EXISTS checkpoints (tick integer PRIMARY KEY, day text NOT NULL, document text NOT NULL) STRICT;

-- The chain. `record` is its canonical JSON, of which `record_hash` is the SHA-256.
CREATE TABLE IF NOT EXISTS records (
    sequence integer PRIMARY KEY, day text NOT NULL, at text NOT NULL, signal_id text NOT NULL UNIQUE,
    symbol text NOT NULL, verdict text NOT NULL, record text NOT NULL, record_hash text NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS records_by_day ON records (day, sequence);
CREATE INDEX IF NOT EXISTS records_by_symbol ON records (symbol, sequence);
CREATE TABLE IF NOT EXISTS heads (day text PRIMARY KEY, head text NOT NULL, head_hash text NOT NULL) STRICT;
-- How a signal ended: beside the chain, as a record never changes.
CREATE TABLE IF NOT EXISTS ends (signal_id text PRIMARY KEY, at text NOT NULL, reason text NOT NULL) STRICT;

-- What PostgreSQL has still to be told, written in the transaction of what it tells of. kind: configuration, signal, end,
-- head (each told in the order of `number`), intent (an entry, useless after `until`) or close (an exit, never useless).
CREATE TABLE IF NOT EXISTS outbox (
    number integer PRIMARY KEY AUTOINCREMENT, kind text NOT NULL, subject text NOT NULL, payload text NOT NULL,
    made_at text NOT NULL, until text, attempts integer NOT NULL DEFAULT 0, last_error text NOT NULL DEFAULT '',
    done_at text, outcome text NOT NULL DEFAULT '', UNIQUE (kind, subject)
) STRICT;
CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox (number) WHERE done_at IS NULL;
CREATE INDEX IF NOT EXISTS outbox_refused ON outbox (outcome) WHERE done_at IS NOT NULL AND outcome NOT IN ('delivered', 'accepted');
CREATE INDEX IF NOT EXISTS outbox_told ON outbox (done_at) WHERE outcome = 'delivered' AND kind <> 'configuration';
