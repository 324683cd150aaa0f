-- Truth kept by the database itself: facts are never edited, and a chain of hashes would show it.

CREATE TABLE audit_log (
    stream     text NOT NULL,
    seq        bigint NOT NULL,
    at         timestamptz NOT NULL,
    subject    text NOT NULL,
    keys       text[] NOT NULL,
    digest     bytea NOT NULL,
    prev_hash  bytea NOT NULL,
    row_hash   bytea NOT NULL,
    detail     jsonb,
    PRIMARY KEY (stream, seq)
);

CREATE TABLE audit_heads (
    stream    text PRIMARY KEY,
    seq       bigint NOT NULL,
    row_hash  bytea NOT NULL
);

-- The text that is hashed for one row: canonical JSON without its nulls, so that a column added
-- later, empty in old rows, leaves their text as it was.
CREATE FUNCTION audit_text(row_data jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN jsonb_strip_nulls(row_data)::text;

-- One entry: its hash covers the one before it. The head row is locked until commit, so the numbers have no gap.
CREATE FUNCTION audit_append(
    p_stream text, p_subject text, p_keys text[], p_digest bytea, p_detail jsonb DEFAULT NULL
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    head audit_heads%ROWTYPE;
    moment timestamptz := clock_timestamp();
    link bytea;
BEGIN
    SELECT * INTO head FROM audit_heads WHERE stream = p_stream FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO audit_heads VALUES (p_stream, 0, '\x') ON CONFLICT DO NOTHING;
        SELECT * INTO head FROM audit_heads WHERE stream = p_stream FOR UPDATE;
    END IF;
    link := sha256(
        head.row_hash
        || convert_to(
            concat_ws(
                E'\n', p_stream, head.seq + 1, extract(epoch FROM moment), p_subject,
                array_to_string(p_keys, ','), encode(p_digest, 'hex'), audit_text(coalesce(p_detail, '{}'))
            ),
            'UTF8'
        )
    );
    INSERT INTO audit_log
    VALUES (p_stream, head.seq + 1, moment, p_subject, p_keys, p_digest, head.row_hash, link, p_detail);
    UPDATE audit_heads SET seq = head.seq + 1, row_hash = link WHERE stream = p_stream;
END $$;

-- Statement trigger for fact tables: one entry per statement, covering all rows that it inserted.
-- Arguments: the stream, and the columns that make a row's key.
CREATE FUNCTION audit_inserted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = argos, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    keys text[];
    digest bytea;
BEGIN
    EXECUTE format(
        'SELECT array_agg(k ORDER BY k), sha256(convert_to(string_agg(t, E''\n'' ORDER BY k), ''UTF8''))
         FROM (SELECT concat_ws(''|'', %s) AS k, audit_text(to_jsonb(r)) AS t FROM inserted r) rows',
        TG_ARGV[1]
    ) INTO keys, digest;
    IF keys IS NOT NULL THEN
        PERFORM audit_append(TG_ARGV[0], TG_TABLE_NAME, keys, digest);
    END IF;
    RETURN NULL;
END $$;

-- Row trigger for configuration: the change itself goes into the entry, secrets left out.
CREATE FUNCTION audit_configuration() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = argos, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    hidden text[] := ARRAY['key', 'key_hash', 'secret_hash', 'code_hash'];
    before jsonb := CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) - hidden END;
    after jsonb := CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) - hidden END;
    detail jsonb := jsonb_build_object(
        'verb', lower(TG_OP), 'by', session_user, 'before', before, 'after', after
    );
BEGIN
    -- "key" names the scope of a halt, and is no secret there
    IF TG_TABLE_NAME = 'halts' THEN
        detail := detail || jsonb_build_object('key', CASE WHEN TG_OP = 'DELETE' THEN OLD.key ELSE NEW.key END);
    END IF;
    PERFORM audit_append('control', TG_TABLE_NAME, '{}', sha256(convert_to(audit_text(detail), 'UTF8')), detail);
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

DO $$
DECLARE
    fact text[];
    facts text[][] := ARRAY[
        ['alerts', 'r.alert_id'],
        ['intents', 'r.intent_id'],
        ['orders', 'r.order_id'],
        ['leg_refusals', 'r.intent_id, r.account, r.code'],
        ['facts', 'r.account, r.fact_id'],
        ['executions', 'r.account, r.venue_exec_id'],
        ['reconciled_legs', 'r.trade_id, r.account, r.revision'],
        ['discrepancies', 'r.discrepancy_id'],
        ['discrepancy_resolutions', 'r.discrepancy_id'],
        ['alarms', 'r.alarm_id']
    ];
    name text;
BEGIN
    FOREACH fact SLICE 1 IN ARRAY facts LOOP
        EXECUTE format(
            'CREATE TRIGGER %1$s_audit AFTER INSERT ON %1$s REFERENCING NEW TABLE AS inserted
             FOR EACH STATEMENT EXECUTE FUNCTION audit_inserted(%1$L, %2$L)', fact[1], fact[2]);
    END LOOP;
    FOREACH name IN ARRAY ARRAY[
        'alerts', 'intents', 'orders', 'leg_refusals', 'facts', 'executions', 'reconciled_legs',
        'discrepancies', 'discrepancy_resolutions', 'alarms', 'audit_log', 'order_transitions'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER %1$s_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON %1$s
             FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY[
        'accounts', 'routes', 'route_legs', 'hooks', 'hook_secrets', 'api_keys', 'halts', 'nodes', 'node_keys',
        'enrolment_codes'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER %1$s_audit AFTER INSERT OR UPDATE OR DELETE ON %1$s
             FOR EACH ROW EXECUTE FUNCTION audit_configuration()', name);
    END LOOP;
END $$;
