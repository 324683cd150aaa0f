"""Putting what is planned for a home into its database: paper accounts, their nodes and routes."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from argos.core.account import Account, AccountLimits, Route, RouteLeg
from argos.core.intent import Size, SizeMode
from argos.core.risk_limits import RiskLimits
from argos.doors import configure_doors
from argos.dsn import Access
from argos.paperbroker.settings import BrokerSettings
from argos.plans import PAPER_ROUTE, SIGNALS_ROUTE, ExchangePlan, PaperPlan, PlannedNode
from argos.stack.home import Home
from argos.store.control import ControlStore
from argos.store.database import open_pool

OF_OTHER_YEARS: Final = AccountLimits(
    risk=RiskLimits(price_apart_fraction_max=None, level_apart_fraction_max=None)
)
"""The limits where past years are replayed: an alert from today's chart is far from their prices by design."""


async def configure_paper(access: Access, home: Home, plan: PaperPlan) -> None:
    """Put the paper accounts, their nodes, the route over all of them, a hook and an API key into the database.

    Running it again changes nothing: keys and secrets are those of the home.
    """
    pool = await open_pool(access.as_role("argos_control"), name="setup", size_max=1)
    try:
        control = ControlStore(pool)
        for node in plan.nodes:
            await control.put_account(_paper_account(plan.brokers, node, limits=OF_OTHER_YEARS))
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
