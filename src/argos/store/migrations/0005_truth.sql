-- Truth kept by the database itself: facts are never edited, and a chain of hashes would show it.
--
-- The functions on the way of every alert have no SET clauses, which would cost a tenth of their time: each name in them
-- is qualified instead, and what is hashed is PostgreSQL's binary form, which no session setting changes.

-- One entry covers the rows of one statement: their keys, and in `digests`, 32 bytes each in the order of the keys,
-- the SHA-256 of each row's other columns. `detail` stands in entries about configuration, which have no rows.
CREATE TABLE audit_log (
    stream     text COLLATE "C" NOT NULL,
    seq        bigint NOT NULL,
    at         timestamptz NOT NULL,
    subject    text NOT NULL,
    keys       text[] NOT NULL,
    digests    bytea NOT NULL,
    prev_hash  bytea NOT NULL,
    row_hash   bytea NOT NULL,
    detail     jsonb,
    PRIMARY KEY (stream, seq)
);
ALTER TABLE audit_log ALTER COLUMN digests SET STORAGE EXTERNAL;

-- The newest entry of each stream. Its row is locked until commit, so the numbers have no gap.
CREATE TABLE audit_heads (
    stream     text COLLATE "C" PRIMARY KEY,
    seq        bigint NOT NULL,
    prev_hash  bytea NOT NULL,
    row_hash   bytea NOT NULL
) WITH (fillfactor = 25);

-- What the chain covers, and how: for readers who want to compute it again. `argos audit verify` has its own list.
CREATE TABLE audit_subjects (
    subject          text PRIMARY KEY,
    key_columns      text[] NOT NULL,
    content_columns  text[] NOT NULL,
    per_account      boolean NOT NULL
);

-- One entry. Its hash covers the entry before: SHA-256 over the binary form (record_send) of
-- (prev_hash, seq, at, stream, subject, keys as JSON, digests, detail as JSON), texts as bytes of UTF-8.
CREATE FUNCTION audit_append(
    p_stream text, p_subject text, p_keys text[], p_digests bytea, p_detail jsonb DEFAULT NULL
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    moment timestamp with time zone := pg_catalog.clock_timestamp();
    head argos.audit_heads;
BEGIN
    UPDATE argos.audit_heads AS h
    SET seq = h.seq OPERATOR(pg_catalog.+) 1,
        prev_hash = h.row_hash,
        row_hash = pg_catalog.sha256(pg_catalog.record_send(ROW(
            h.row_hash, h.seq OPERATOR(pg_catalog.+) 1, moment,
            pg_catalog.convert_to(p_stream, 'UTF8'), pg_catalog.convert_to(p_subject, 'UTF8'),
            pg_catalog.convert_to(pg_catalog.array_to_json(p_keys)::pg_catalog.text, 'UTF8'), p_digests,
            pg_catalog.convert_to(p_detail::pg_catalog.text, 'UTF8')
        )))
    WHERE h.stream OPERATOR(pg_catalog.=) p_stream
    RETURNING h.stream, h.seq, h.prev_hash, h.row_hash INTO head;
    IF head.stream IS NULL THEN
        INSERT INTO argos.audit_heads VALUES (p_stream, 0, '', '') ON CONFLICT DO NOTHING;
        PERFORM argos.audit_append(p_stream, p_subject, p_keys, p_digests, p_detail);
        RETURN;
    END IF;
    INSERT INTO argos.audit_log (stream, seq, at, subject, keys, digests, prev_hash, row_hash, detail)
    VALUES (p_stream, head.seq, moment, p_subject, p_keys, p_digests, head.prev_hash, head.row_hash, p_detail);
END $$;

-- Row trigger for configuration: the change itself goes into the entry, secrets left out.
CREATE FUNCTION audit_configuration() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = argos, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    -- what a halt calls "key" names whom it holds; elsewhere it is a secret
    hidden text[] := CASE WHEN TG_TABLE_NAME = 'halts' THEN '{}'::text[]
        ELSE ARRAY['key', 'key_hash', 'secret_hash', 'code_hash'] END;
    before jsonb := CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) - hidden END;
    after jsonb := CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) - hidden END;
    detail jsonb := jsonb_build_object(
        'verb', lower(TG_OP), 'by', coalesce(nullif(current_setting('argos.by', true), ''), session_user),
        'before', before, 'after', after
    );
BEGIN
    -- a new key or secret shows as such: the old row with all that is visible of the new one is not the new one
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) || after <> to_jsonb(NEW) THEN
        detail := detail || '{"secret_changed": true}';
    END IF;
    PERFORM audit_append('control', TG_TABLE_NAME, '{}', '', detail);
    PERFORM pg_notify('argos_config', TG_TABLE_NAME);
    RETURN NULL;
END $$;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'FACT_IMMUTABLE: % on % is refused: facts are appended, never edited', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

-- The database's own eye on the projection: a step outside the table of transitions is recorded, never dropped.
CREATE FUNCTION watch_transition() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = argos, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM order_transitions WHERE from_status = OLD.status AND to_status = NEW.status
    ) THEN
        INSERT INTO alarms (code, account, order_id, text)
        VALUES ('ORDER_ILLEGAL_TRANSITION', NEW.account, NEW.order_id,
                format('order=%s, from=%s, to=%s', NEW.order_id, OLD.status, NEW.status));
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER order_states_watch AFTER UPDATE OF status ON order_states
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION watch_transition();

-- What is held moves with the executions themselves, in their transaction, whoever stores them.
CREATE FUNCTION total_positions() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = argos, pg_temp AS $$
BEGIN
    INSERT INTO position_totals AS t (account, symbol, position_id, qty)
    SELECT account, symbol, position_id, sum(CASE side WHEN 'buy' THEN fill_qty ELSE -fill_qty END)
    FROM inserted GROUP BY account, symbol, position_id
    ORDER BY account, symbol, position_id
    ON CONFLICT (account, symbol, position_id) DO UPDATE SET qty = t.qty + excluded.qty;
    DELETE FROM position_totals t USING inserted i
    WHERE t.account = i.account AND t.symbol = i.symbol AND t.position_id = i.position_id AND t.qty = 0;
    RETURN NULL;
END $$;

CREATE TRIGGER executions_total AFTER INSERT ON executions REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION total_positions();

-- Numbers and moments as the API tells them: a decimal without trailing zeros, RFC 3339 in UTC with microseconds.
CREATE FUNCTION wire_decimal(value numeric) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN trim_scale(value)::text;

CREATE FUNCTION wire_moment(moment timestamptz) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

-- Put a fact table under the chain: one entry per statement and stream, covering all rows inserted. With
-- `p_per_account` each account has a stream of its own, so that accounts do not wait for each other's commits. A column
-- that a later migration adds needs a subject of its own (`facts@2`), so that older entries keep their meaning.
CREATE FUNCTION audit_cover(p_table text, p_keys text[], p_per_account boolean) RETURNS void
    LANGUAGE plpgsql AS $cover$
DECLARE
    contents text[];
    content text;
    key text;
    stream_key text := CASE WHEN p_per_account THEN 'r.account,' END;
    grouping text := CASE WHEN p_per_account THEN 'GROUP BY r.account ORDER BY r.account'
        ELSE 'HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0' END;
    stream text := CASE WHEN p_per_account THEN format('pg_catalog.concat(%L, entry.account)', p_table || ':')
        ELSE quote_literal(p_table) END;
BEGIN
    SELECT array_agg(attname ORDER BY attnum),
           string_agg(format(CASE atttypid
               WHEN 'text'::regtype THEN 'pg_catalog.convert_to(r.%I, ''UTF8'')'
               WHEN 'jsonb'::regtype THEN 'pg_catalog.convert_to(r.%I::pg_catalog.text, ''UTF8'')'
               ELSE 'r.%I'
           END, attname), ', ' ORDER BY attnum)
    INTO contents, content
    FROM pg_attribute
    WHERE attrelid = p_table::regclass AND attnum > 0 AND NOT attisdropped AND attname <> ALL (p_keys)
      AND NOT (p_per_account AND attname = 'account');
    SELECT CASE WHEN count(*) = 1 THEN format('r.%I::pg_catalog.text', min(k))
           ELSE format('pg_catalog.json_build_array(%s)::pg_catalog.text', string_agg(format('r.%I', k), ', ' ORDER BY n))
           END
    INTO key FROM unnest(p_keys) WITH ORDINALITY AS listed(k, n);
    INSERT INTO audit_subjects VALUES (p_table, p_keys, contents, p_per_account);
    IF NOT p_per_account THEN
        INSERT INTO audit_heads VALUES (p_table, 0, '', '');
    END IF;
    EXECUTE format($code$
        CREATE FUNCTION audit_%1$s() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $body$
        DECLARE
            entry record;
        BEGIN
            FOR entry IN
                SELECT %2$s pg_catalog.array_agg(%3$s) AS keys,
                       pg_catalog.string_agg(pg_catalog.sha256(pg_catalog.record_send(ROW(%4$s))), '') AS digests
                FROM inserted AS r
                %5$s
            LOOP
                PERFORM argos.audit_append(%6$s, '%1$s', entry.keys, entry.digests);
            END LOOP;
            RETURN NULL;
        END $body$ $code$, p_table, stream_key, key, content, grouping, stream);
    EXECUTE format(
        'CREATE TRIGGER %1$s_audit AFTER INSERT ON %1$s REFERENCING NEW TABLE AS inserted
         FOR EACH STATEMENT EXECUTE FUNCTION audit_%1$s()', p_table);
END $cover$;

SELECT audit_cover('alerts', '{alert_id}', false);
SELECT audit_cover('intents', '{intent_id}', false);
SELECT audit_cover('orders', '{order_id}', false);
SELECT audit_cover('leg_refusals', '{intent_id, account, code}', false);
SELECT audit_cover('facts', '{fact_id}', true);
SELECT audit_cover('executions', '{venue_exec_id}', true);
SELECT audit_cover('execution_shares', '{venue_exec_id, share}', true);
SELECT audit_cover('reconciled_legs', '{trade_id, account, revision}', false);
SELECT audit_cover('discrepancies', '{discrepancy_id}', false);
SELECT audit_cover('discrepancy_resolutions', '{discrepancy_id}', false);
SELECT audit_cover('alarms', '{alarm_id}', false);
SELECT audit_cover('manual_decisions', '{decision_id}', false);
INSERT INTO audit_heads VALUES ('control', 0, '', '');

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'alerts', 'intents', 'orders', 'leg_refusals', 'facts', 'executions', 'execution_shares', 'reconciled_legs',
        'discrepancies', 'discrepancy_resolutions', 'alarms', 'manual_decisions', 'audit_log', 'audit_subjects'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER %1$s_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON %1$s
             FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
    END LOOP;
    CREATE TRIGGER audit_heads_kept BEFORE DELETE OR TRUNCATE ON audit_heads
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
    FOREACH name IN ARRAY ARRAY[
        'accounts', 'routes', 'route_legs', 'hooks', 'hook_secrets', 'api_keys', 'halts', 'nodes', 'node_keys',
        'enrolment_codes'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER %1$s_audit AFTER INSERT OR UPDATE OR DELETE ON %1$s
             FOR EACH ROW EXECUTE FUNCTION audit_configuration()', name);
        -- nobody is told, row by row, what a TRUNCATE takes away
        EXECUTE format(
            'CREATE TRIGGER %1$s_kept BEFORE TRUNCATE ON %1$s
             FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
    END LOOP;
END $$;
