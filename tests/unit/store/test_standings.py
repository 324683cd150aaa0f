"""Accounts without rules cost a decision no query: whoever would ask finds no connection here."""

from typing import Any

import pytest

from argos.core.account import AccountLimits
from argos.core.intent import Action, Size, SizeMode
from argos.core.money import ONE
from argos.core.risk_limits import RiskLimits
from argos.core.rule_set import RuleAccount
from argos.risk.rule_presets import FTMO_2_STEP
from argos.store.standings import Asker, read_standings
from unit.core.builders import NOW, make_account, make_intent, make_leg, make_route, make_snapshot

NO_CONNECTION: Any = None
FIRM = RuleAccount(rules=FTMO_2_STEP, initial_balance=ONE, started_at=NOW)
LIMITED = AccountLimits(risk=RiskLimits(cooldown_s=60))
CONSENSUS = Size(mode=SizeMode.CONSENSUS, value=ONE / 10)


def asker(limits: AccountLimits) -> Asker:
    account = make_account(limits=limits)
    return Asker(account=account, snapshot=make_snapshot(), entries=(), leg=make_leg())


async def test_an_account_without_rules_is_asked_nothing() -> None:
    plain = AccountLimits(qty_max=ONE, positions_max=3)
    found = await read_standings(
        NO_CONNECTION, make_intent(), route=make_route(), askers=[asker(plain)]
    )
    assert found == {}


@pytest.mark.parametrize("action", [Action.CLOSE, Action.MODIFY, Action.CANCEL])
@pytest.mark.parametrize("limits", [LIMITED, AccountLimits(firm=FIRM)], ids=["limits", "firm"])
async def test_an_exit_is_asked_nothing_anywhere(action: Action, limits: AccountLimits) -> None:
    intent = make_intent(action=action, size=CONSENSUS)
    assert (
        await read_standings(NO_CONNECTION, intent, route=make_route(), askers=[asker(limits)])
        == {}
    )


@pytest.mark.parametrize("limits", [LIMITED, AccountLimits(firm=FIRM)], ids=["limits", "firm"])
async def test_an_entry_with_rules_does_ask(limits: AccountLimits) -> None:
    """Or the others would prove nothing."""
    with pytest.raises(AttributeError):
        await read_standings(
            NO_CONNECTION, make_intent(), route=make_route(), askers=[asker(limits)]
        )


async def test_an_account_that_has_left_the_route_takes_no_entry_and_asks_for_no_closes() -> None:
    gone = Asker(account=make_account(), snapshot=None, entries=(), leg=None)
    intent = make_intent(size=CONSENSUS)
    assert await read_standings(NO_CONNECTION, intent, route=make_route(), askers=[gone]) == {}
