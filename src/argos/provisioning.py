"""Getting a home ready: the database with its roles, and access to it for every process."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

import asyncpg

from argos.core.account import Account, AccountLimits, Route, RouteLeg
from argos.core.errors import InputError, StoreError
from argos.core.intent import Size, SizeMode
from argos.dsn import Access, Dsn, parse_dsn
from argos.paperbroker.settings import BrokerSettings
from argos.plans import PAPER_ROUTE, SIGNALS_ROUTE, ExchangePlan, PaperPlan, PlannedNode
from argos.settings import Settings
from argos.stack.embedded import EmbeddedPostgres
from argos.stack.home import Home
from argos.store.control import ControlStore
from argos.store.database import CONNECTION_ERRORS, open_pool
from argos.store.migrate import ROLES, Migration, create_roles, upgrade

DATABASE: Final = "argos"
HOOK: Final = "tradingview"
HOOK_KEY: Final = "hook_key"
HOOK_SECRET: Final = "hook_secret"  # noqa: S105 - the name under which the home keeps it
API_KEY: Final = "api_key"
OPERATOR: Final = "operator"
SCOPES: Final = ("read", "trade", "control", "metrics")
HOOK_RATE_PER_MINUTE: Final = 6_000
_ADMIN_URL: Final = "database_admin_url"  # the name of the secret


def role_passwords(home: Home) -> dict[str, str]:
    """Password of each database role, generated at the first call."""
    return {role: home.secret(f"password_{role}") for role in ROLES}


def open_access(home: Home, settings: Settings) -> Access:
    """Access for a process. Raises InputError DATABASE_UNKNOWN before the home was set up."""
    url = settings.database.url or home.secrets().get(_ADMIN_URL, "")
    if not url:
        raise InputError(
            "this home has no database yet",
            code="DATABASE_UNKNOWN",
            fix="run `argos init`, or name one by ARGOS_DATABASE_URL",
        )
    return Access(dsn=parse_dsn(url).for_database(DATABASE), passwords=role_passwords(home))


def embedded_server(home: Home, settings: Settings) -> EmbeddedPostgres:
    binaries = settings.database.binaries
    return EmbeddedPostgres(home, bin_directory=Path(binaries) if binaries else None)


async def prepare_database(admin: Dsn, home: Home) -> tuple[Migration, ...]:
    """Create the database and the roles, apply what is missing, and remember where it is.

    `admin` must be allowed to create roles and databases. Returns the migrations that were applied now.
    """
    try:
        await _create_database(admin)
        connection = await asyncpg.connect(str(admin.for_database(DATABASE)), timeout=10)
    except (*CONNECTION_ERRORS, asyncpg.PostgresError) as error:
        raise StoreError(f"cannot prepare the database: {error}") from error
    try:
        await create_roles(connection, passwords=role_passwords(home))
        applied = await upgrade(connection)
    finally:
        await connection.close()
    home.set_secret(_ADMIN_URL, str(admin.for_database(DATABASE)))
    return applied


async def _create_database(admin: Dsn) -> None:
    try:
        connection = await asyncpg.connect(str(admin), timeout=10)
    except asyncpg.InvalidCatalogNameError:
        # the address names the database that is about to be made; every server has this one
        connection = await asyncpg.connect(str(admin.for_database("postgres")), timeout=10)
    try:
        known = await connection.fetchval(
            "SELECT count(*) FROM pg_database WHERE datname = $1", DATABASE
        )
        if not known:
            await connection.execute(f'CREATE DATABASE "{DATABASE}"')
    finally:
        await connection.close()


async def configure_paper(access: Access, home: Home, plan: PaperPlan) -> None:
    """Put the paper accounts, their nodes, the route over all of them, a hook and an API key into the database.

    Running it again changes nothing: keys and secrets are those of the home.
    """
    pool = await open_pool(access.as_role("argos_control"), name="setup", size_max=1)
    try:
        control = ControlStore(pool)
        for node in plan.nodes:
            await control.put_account(_paper_account(plan.brokers, node, limits=AccountLimits()))
            await control.put_node(node.name, account=node.account, venue=node.venue)
        legs = tuple(_paper_leg(node.account) for node in plan.nodes)
        await control.put_route(
            Route(
                route=PAPER_ROUTE,
                enabled=True,
                size=Size(mode=SizeMode.EQUITY_FRACTION, value=Decimal("0.05")),
                expiry_s=30,
                alert_age_s_max=60,
                legs=legs,
            )
        )
        await configure_doors(control, home)
    finally:
        await pool.close()


async def configure_exchange(access: Access, plan: ExchangePlan, *, limits: AccountLimits) -> None:
    """Put the exchange's account, its node and the route of signals into the database. Again: changes nothing."""
    pool = await open_pool(access.as_role("argos_control"), name="setup", size_max=1)
    try:
        control = ControlStore(pool)
        node = plan.node
        await control.put_account(_paper_account((plan.broker,), node, limits=limits))
        await control.put_node(node.name, account=node.account, venue=node.venue)
        await control.put_route(
            Route(
                route=SIGNALS_ROUTE,
                enabled=True,
                size=None,
                expiry_s=30,
                alert_age_s_max=60,
                legs=(_paper_leg(node.account),),
            )
        )
    finally:
        await pool.close()


async def configure_doors(control: ControlStore, home: Home) -> None:
    """The first hook and the operator's API key, with the secrets of the home. Again: changes nothing."""
    if HOOK not in {hook["hook"] for hook in await control.hooks()}:
        key = home.secret(HOOK_KEY)
        await control.put_hook(HOOK, key=key, rate_per_minute=HOOK_RATE_PER_MINUTE)
    if not any(hook["secrets"] for hook in await control.hooks() if hook["hook"] == HOOK):
        await control.put_secret(HOOK, home.secret(HOOK_SECRET))
    await control.put_api_key(OPERATOR, key=home.secret(API_KEY), scopes=SCOPES)


def _paper_account(
    brokers: Sequence[BrokerSettings], node: PlannedNode, *, limits: AccountLimits
) -> Account:
    terms = next(
        account
        for broker in brokers
        for account in broker.accounts
        if account.account == node.account
    )
    return Account(
        account=node.account,
        venue=node.venue,
        currency=terms.currency,
        enabled=True,
        hedging=terms.hedging,
        limits=limits,
    )


def _paper_leg(account: str) -> RouteLeg:
    return RouteLeg(
        account=account, share=Decimal(1), size=None, symbol_map={}, hours=(), enabled=True
    )
