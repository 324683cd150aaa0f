"""Role x table x verb: what each process may do in the database, against one table that a person can read."""

import asyncpg
import pytest

from argos.store.migrate import OWNER, ROLES
from fresh_database import FreshDatabase

pytestmark = pytest.mark.integration

# S select, I insert, U update, D delete, T truncate; s, u: of the columns named below alone.
RIGHTS = """
table                    gateway  dispatch  worker  strategy  reader  control  audit
account_states           -        SIU       S       -         S       -        -
account_equity           -        I         -       -         S       -        -
account_anchors          -        -         SIU     -         S       Su       -
accounts                 -        S         S       -         S       SIU      -
alarms                   -        I         I       -         S       -        S
alerts                   I        -         -       I         S       -        S
api_keys                 S        -         -       -         -       SIU      -
audit_heads              -        -         -       -         -       -        S
audit_log                -        -         -       -         -       -        S
audit_subjects           -        -         -       -         -       -        S
commands                 -        Su        SIu     -         S       -        -
daily_closes             -        -         S       SI        S       SI       -
discrepancies            -        S         SI      -         S       -        S
discrepancy_resolutions  -        -         SI      -         S       -        S
enrolment_codes          -        Su        -       -         s       SIUD     -
execution_shares         -        SI        S       -         S       -        S
executions               -        SI        S       -         S       -        S
facts                    -        SI        SI      -         S       -        S
halts                    -        S         SIuD    -         S       SIUD     -
hook_secrets             S        -         -       -         -       SIUD     -
hooks                    S        -         -       -         -       SIU      -
intents                  SI       S         S       SI        S       -        S
leg_heads                -        -         SIu     -         S       -        -
leg_refusals             -        -         SI      -         S       -        S
manual_decisions         -        -         -       -         S       SI       S
node_keys                -        SID       -       -         s       SIUD     -
node_sessions            -        SIU       S       -         S       S        -
news_events              -        -         S       -         S       SIUD     -
nodes                    -        S         S       -         S       SIU      -
order_states             -        Su        SIu     -         S       -        -
order_transitions        -        -         -       -         S       -        -
orders                   -        S         SI      -         S       -        S
outbox                   I        I         SIuD    I         S       su       -
position_totals          -        -         S       -         S       -        -
reconciled_legs          -        -         SI      -         S       -        S
route_legs               -        -         S       -         S       SIUD     -
routes                   S        S         S       S         S       SIU      -
schema_migrations        S        S         S       S         S       S        S
signal_configurations    -        -         -       SI        S       -        -
signal_ends              -        -         -       SI        S       -        -
signal_heads             -        -         -       SI        S       -        -
signal_refusals          -        -         -       SI        S       -        -
signal_services          -        -         -       SIU       S       -        -
signals                  -        -         -       SI        S       -        -
"""
UPDATABLE = {
    ("control", "account_anchors"): "peak_balance peak_day_balance peak_equity",
    ("control", "outbox"): "attempts available_at topic",
    ("dispatch", "commands"): "attempt done_at epoch leased_at log_id node state",
    ("dispatch", "enrolment_codes"): "used_at",
    ("dispatch", "order_states"): "closed_qty effective_qty filled_qty status updated_at",
    ("worker", "commands"): "done_at state",
    ("worker", "halts"): "reason set_at",
    ("worker", "leg_heads"): "digest reconciled_at revision",
    ("worker", "order_states"): "closed_qty effective_qty filled_qty status updated_at",
    ("worker", "outbox"): "attempts available_at last_error topic",
}
READABLE = {
    ("control", "outbox"): "attempts available_at created_at key last_error outbox_id topic",
    ("reader", "enrolment_codes"): "expires_at node used_at",
    ("reader", "node_keys"): "created_at key_id node replaces slot",
}
CALLABLE = {
    ("reader", "wire_decimal"),
    ("reader", "wire_moment"),
    ("audit", "wire_decimal"),
    ("audit", "wire_moment"),
}
VERBS = {"S": "SELECT", "I": "INSERT", "U": "UPDATE", "D": "DELETE", "T": "TRUNCATE"}
COLUMN_VERBS = "SIU"
SHORT_NAMES = [role.removeprefix("argos_") for role in ROLES]


def expected_rights() -> dict[tuple[str, str], str]:
    """(role, table) -> letters."""
    header, *lines = RIGHTS.strip().splitlines()
    roles = header.split()[1:]
    assert roles == SHORT_NAMES
    return {
        (role, table): letters.replace("-", "")
        for table, *cells in map(str.split, lines)
        for role, letters in zip(roles, cells, strict=True)
    }


async def tables(connection: asyncpg.Connection) -> list[str]:
    rows = await connection.fetch(
        """SELECT relname FROM pg_class
           WHERE relnamespace = 'argos'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')"""
    )
    return [row["relname"] for row in rows]


async def held_rights(connection: asyncpg.Connection, role: str, table: str) -> str:
    held = ""
    for letter, verb in VERBS.items():
        arguments = (f"argos_{role}", f"argos.{table}", verb)
        if await connection.fetchval("SELECT has_table_privilege($1, $2, $3)", *arguments):
            held += letter
        elif letter in COLUMN_VERBS and await connection.fetchval(
            "SELECT has_any_column_privilege($1, $2, $3)", *arguments
        ):
            held += letter.lower()
    return held


async def test_every_role_has_exactly_its_rights_on_every_table(
    superuser: asyncpg.Connection,
) -> None:
    held = {
        (role, table): await held_rights(superuser, role, table)
        for role in SHORT_NAMES
        for table in await tables(superuser)
    }
    assert held == expected_rights()


@pytest.mark.parametrize(
    ("letter", "columns"), [("u", UPDATABLE), ("s", READABLE)], ids=["update", "select"]
)
async def test_a_limited_right_reaches_the_named_columns_alone(
    superuser: asyncpg.Connection, letter: str, columns: dict[tuple[str, str], str]
) -> None:
    held = {}
    for role, table in [cell for cell, letters in expected_rights().items() if letter in letters]:
        rows = await superuser.fetch(
            """SELECT attname FROM pg_attribute
               WHERE attrelid = $2::text::regclass AND attnum > 0 AND NOT attisdropped
                 AND has_column_privilege($1::text, attrelid, attnum, $3) ORDER BY attname""",
            f"argos_{role}",
            f"argos.{table}",
            VERBS[letter.upper()],
        )
        held[role, table] = " ".join(row["attname"] for row in rows)
    assert held == columns


async def test_nobody_but_the_owner_owns_anything(superuser: asyncpg.Connection) -> None:
    owners = await superuser.fetch(
        """SELECT DISTINCT relowner::regrole::text AS owner FROM pg_class WHERE relnamespace = 'argos'::regnamespace
           UNION SELECT proowner::regrole::text FROM pg_proc WHERE pronamespace = 'argos'::regnamespace
           UNION SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'argos'"""
    )
    assert [row["owner"] for row in owners] == [OWNER]


async def test_roles_have_no_powers_over_the_server(superuser: asyncpg.Connection) -> None:
    powerful = await superuser.fetch(
        """SELECT rolname FROM pg_roles WHERE rolname = ANY($1)
           AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)""",
        [*ROLES, OWNER],
    )
    assert powerful == []
    assert not await superuser.fetchval(
        "SELECT rolcanlogin FROM pg_roles WHERE rolname = $1", OWNER
    )
    members = await superuser.fetch(
        "SELECT 1 FROM pg_auth_members WHERE member = ANY($1::text[]::regrole[])", [*ROLES, OWNER]
    )
    assert members == []


async def test_nobody_can_create_anything_in_the_schema(superuser: asyncpg.Connection) -> None:
    for role in ROLES:
        for schema in ("argos", "public"):
            assert not await superuser.fetchval(
                "SELECT has_schema_privilege($1, $2, 'CREATE')", role, schema
            )


async def test_no_login_role_can_call_a_function_of_the_audit_chain(
    superuser: asyncpg.Connection,
) -> None:
    rows = await superuser.fetch(
        """SELECT role, proname FROM unnest($1::text[]) AS role, pg_proc
           WHERE pronamespace = 'argos'::regnamespace AND has_function_privilege(role, oid, 'EXECUTE')""",
        list(ROLES),
    )
    assert {(row["role"].removeprefix("argos_"), row["proname"]) for row in rows} == CALLABLE


REFUSED = [
    ("strategy", "INSERT INTO facts (account, kind) VALUES ('a', 'fill')"),
    ("strategy", "SELECT FROM executions"),
    ("strategy", "INSERT INTO orders (order_id) VALUES (gen_random_uuid())"),
    ("strategy", "UPDATE intents SET route = 'other'"),
    ("strategy", "UPDATE signals SET score = 1"),
    ("gateway", "INSERT INTO signal_ends (signal_id) VALUES (gen_random_uuid())"),
    ("strategy", "SELECT audit_append('facts:a', 'facts', '{}', '')"),
    ("gateway", "SELECT FROM orders"),
    ("gateway", "SELECT FROM node_keys"),
    ("gateway", "DELETE FROM alerts"),
    ("gateway", "INSERT INTO audit_log SELECT * FROM audit_log"),
    ("dispatch", "INSERT INTO intents (intent_id) VALUES (gen_random_uuid())"),
    ("dispatch", "UPDATE facts SET body = '{}'"),
    ("dispatch", "UPDATE order_states SET order_id = gen_random_uuid()"),
    ("worker", "SELECT FROM hook_secrets"),
    ("worker", "UPDATE outbox SET payload = '{}'"),
    ("worker", "UPDATE audit_heads SET seq = 0"),
    ("control", "INSERT INTO facts (account) VALUES ('a')"),
    ("control", "DELETE FROM accounts"),
    ("reader", "SELECT FROM api_keys"),
    ("reader", "SELECT key FROM node_keys"),
    ("reader", "SELECT code_hash FROM enrolment_codes"),
    ("reader", "INSERT INTO alarms (code, text) VALUES ('c', 't')"),
    ("audit", "INSERT INTO audit_log SELECT * FROM audit_log"),
    ("audit", "SELECT FROM hook_secrets"),
    ("audit", "SET ROLE argos_owner"),
    ("worker", "ALTER TABLE facts DISABLE TRIGGER ALL"),
    ("dispatch", "SET session_replication_role = replica"),
    ("gateway", "CREATE TABLE argos.mine (a integer)"),
    ("control", "CREATE FUNCTION public.sha256(bytea) RETURNS bytea LANGUAGE sql RETURN $1"),
]  # fmt: skip


@pytest.mark.parametrize(("role", "statement"), REFUSED)
async def test_what_is_not_granted_is_refused_when_tried(
    database: FreshDatabase, role: str, statement: str
) -> None:
    connection = await asyncpg.connect(
        str(database.dsn(f"argos_{role}")), server_settings={"search_path": "argos"}
    )
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_a_strategy_can_state_an_intent_and_its_chain_entry_is_written_for_it(
    database: FreshDatabase, superuser: asyncpg.Connection
) -> None:
    connection = await asyncpg.connect(
        str(database.dsn("argos_strategy")), server_settings={"search_path": "argos"}
    )
    try:
        await connection.execute(
            """INSERT INTO intents (intent_id, alert_id, source, event_id, trade_id, route, symbol, received_at,
                                    content_hash, body)
               VALUES (gen_random_uuid(), gen_random_uuid(), 'argo', gen_random_uuid(), 't', 'r', 'EURUSD', now(),
                       '', '{}')"""
        )
    finally:
        await connection.close()
    assert await superuser.fetchval("SELECT count(*) FROM audit_log WHERE stream = 'intents'") == 1
