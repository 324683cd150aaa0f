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

-- Which tables the chain covers, and how a row's key and stream are written there.
CREATE TABLE audit_subjects (
    subject        text PRIMARY KEY,
    key_columns    text NOT NULL,
    stream_suffix  text NOT NULL
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
        'verb', lower(TG_OP), 'by', coalesce(nullif(current_setting('argos.by', true), ''), session_user), 'before', before, 'after', after
    );
BEGIN
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

-- Numbers and moments as the API tells them: a decimal without trailing zeros, RFC 3339 in UTC with microseconds.
CREATE FUNCTION wire_decimal(value numeric) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN trim_scale(value)::text;

CREATE FUNCTION wire_moment(moment timestamptz) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

-- One trigger function per fact table: one entry per statement and stream, covering all rows inserted. Facts and
-- executions have a stream per account, so that accounts do not wait for each other's commits.
DO $$
DECLARE
    fact text[];
    facts text[][] := ARRAY[
        ['alerts', 'r.alert_id', $q$''$q$],
        ['intents', 'r.intent_id', $q$''$q$],
        ['orders', 'r.order_id', $q$''$q$],
        ['leg_refusals', 'r.intent_id, r.account, r.code', $q$''$q$],
        ['facts', 'r.account, r.fact_id', $q$':' || r.account$q$],
        ['executions', 'r.account, r.venue_exec_id', $q$':' || r.account$q$],
        ['reconciled_legs', 'r.trade_id, r.account, r.revision', $q$''$q$],
        ['discrepancies', 'r.discrepancy_id', $q$''$q$],
        ['discrepancy_resolutions', 'r.discrepancy_id', $q$''$q$],
        ['alarms', 'r.alarm_id', $q$''$q$],
        ['manual_decisions', 'r.decision_id', $q$''$q$]
    ];
    name text;
BEGIN
    FOREACH fact SLICE 1 IN ARRAY facts LOOP
        INSERT INTO audit_subjects VALUES (fact[1], fact[2], fact[3]);
        EXECUTE format($code$
            CREATE FUNCTION audit_%1$s() RETURNS trigger
                LANGUAGE plpgsql SECURITY DEFINER SET search_path = argos, pg_temp SET timezone = 'UTC' AS $body$
            DECLARE
                entry record;
            BEGIN
                FOR entry IN
                    SELECT stream, array_agg(k ORDER BY k) AS keys,
                           sha256(convert_to(string_agg(t, E'\n' ORDER BY k), 'UTF8')) AS digest
                    FROM (
                        SELECT '%1$s' || %3$s AS stream, concat_ws('|', %2$s) COLLATE "C" AS k,
                               audit_text(to_jsonb(r)) AS t
                        FROM inserted r
                    ) rows
                    GROUP BY stream ORDER BY stream
                LOOP
                    PERFORM audit_append(entry.stream, '%1$s', entry.keys, entry.digest);
                END LOOP;
                RETURN NULL;
            END $body$ $code$, fact[1], fact[2], fact[3]);
        EXECUTE format(
            'CREATE TRIGGER %1$s_audit AFTER INSERT ON %1$s REFERENCING NEW TABLE AS inserted
             FOR EACH STATEMENT EXECUTE FUNCTION audit_%1$s()', fact[1]);
    END LOOP;
    FOREACH name IN ARRAY ARRAY[
        'alerts', 'intents', 'orders', 'leg_refusals', 'facts', 'executions', 'reconciled_legs', 'discrepancies',
        'discrepancy_resolutions', 'alarms', 'manual_decisions', 'audit_log', 'audit_subjects'
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
