"""Risk limits on the live path: what decisions read of an account's standing, its anchors, and the brakes they set."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from argos.cli.doctor.refusals import streaks
from argos.core.account import Account, AccountLimits
from argos.core.risk_limits import RiskLimits
from argos.flows.anchoring import keep_anchors
from argos.protocol.facts import ReportKind
from argos.risk.watched import SET_BY
from argos.store.anchors import AnchorStore
from argos.store.control import ControlStore
from argos.store.database import open_pool
from argos.store.decoding import decode_limits
from argos.store.inspection import read_outcomes
from fresh_database import FreshDatabase
from integration.flows.stage import Stage, said
from spine import HEDGE, access_of, now

D = Decimal


async def limit(stage: Stage, **risk: Any) -> None:
    account = Account(
        account=HEDGE,
        venue="paper",
        currency="USD",
        enabled=True,
        hedging=True,
        limits=AccountLimits(risk=RiskLimits(**risk)),
    )
    await stage.spine.control.put_account(account)


async def codes(stage: Stage) -> list[str | None]:
    return [row["denial_code"] for row in await stage.orders("entry")]


async def see(stage: Stage, equity: int, *, age_s: int = 0) -> None:
    """The account's node saw this equity, so long ago."""
    await stage.execute(
        "UPDATE account_states SET snapshot = snapshot || jsonb_build_object('equity', $2::text, 'taken_at',"
        " to_char((now() - make_interval(secs => $3)) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'))"
        " WHERE account = $1",
        HEDGE,
        str(equity),
        float(age_s),
    )


@pytest.fixture
async def anchors(database: FreshDatabase) -> Any:
    pool = await open_pool(database.dsn("argos_worker"), name="test", size_max=2)
    yield AnchorStore(pool)
    await pool.close()


async def halts(stage: Stage) -> list[tuple[str, str, str]]:
    rows = await stage.look("SELECT mode, set_by, split_part(reason, ':', 1) AS why FROM halts")
    return [(row["mode"], row["set_by"], row["why"]) for row in rows]


async def test_an_account_without_risk_limits_is_asked_nothing_more(stage: Stage) -> None:
    await stage.decide("T-1")
    [order] = await stage.orders("entry")
    assert "daily_loss_kept" not in {check["check"] for check in order["checks"]}


async def test_the_second_of_the_same_is_a_duplicate(stage: Stage) -> None:
    await limit(stage, duplicate_s=300)
    await stage.decide("T-1")
    await stage.decide("T-2")
    await stage.decide("T-3", symbol="MSFT")
    assert (await codes(stage))[:2] == [None, "DUPLICATE_ENTRY"]
    assert "DUPLICATE_ENTRY" not in (await codes(stage))[2:]


async def test_the_third_in_a_minute_is_too_many_and_denied_ones_do_not_count(stage: Stage) -> None:
    await limit(stage, entries_per_minute_max=2)
    for number in range(4):
        await stage.decide(f"T-{number}")
    assert await codes(stage) == [None, None, "ENTRY_RATE", "ENTRY_RATE"]
    assert await halts(stage) == []


async def test_what_is_wrong_by_a_factor_is_denied_and_doctor_names_where_nothing_goes_through(
    stage: Stage, database: FreshDatabase
) -> None:
    """Nothing is set at the account, and its quote is an hour old. First the venue refuses, then we do."""
    for number in range(3):
        await stage.decide(f"T-{number}")
        no = {"code": "VENUE_REFUSED", "venue_code": "10027", "text": "algo trading is off"}
        await stage.spine.report(HEDGE, said(await stage.lease_one(), ReportKind.REJECTED, **no))
    hour_ago = (now() - timedelta(hours=1)).isoformat()
    await stage.execute(
        "UPDATE account_states SET snapshot = jsonb_set(snapshot, '{quotes,0,at}', to_jsonb($2::text))"
        " WHERE account = $1",
        HEDGE,
        hour_ago,
    )
    for number in range(3, 6):
        await stage.decide(f"T-{number}", entry_price="10000", sl="9500", tp="11000")
    assert await codes(stage) == [None] * 3 + ["PRICE_APART"] * 3
    [*_, last] = await stage.orders("entry")
    [check] = [check for check in last["checks"] if check["check"] == "price_near"]
    assert check["values"]["apart"] == "98.98"
    assert float(check["values"]["quote_age_s"]) >= 3_600
    outcomes = await read_outcomes(access_of(database))
    told = {
        (item.account, item.code, item.count, item.trade_id)
        for by_venue in (True, False)
        for item in streaks(outcomes, by_venue=by_venue)
    }
    assert told >= {(HEDGE, "10027", 3, "T-2"), (HEDGE, "PRICE_APART", 3, "T-5")}
    assert all(item[0] == HEDGE or item[1] == "PRICE_APART" for item in told)


async def test_an_entry_on_its_way_is_not_flat(stage: Stage) -> None:
    await limit(stage, flat_only=True)
    await stage.decide("T-1")
    await stage.decide("T-2", bot_version="other@1")
    assert await codes(stage) == [None, "POSITION_EXISTS"]
    [_, denied] = await stage.orders("entry")
    [check] = [check for check in denied["checks"] if check["check"] == "flat"]
    assert check["values"] == {"held": "buy 10"}


async def test_what_is_on_its_way_counts_in_the_exposure(stage: Stage) -> None:
    """10 shares at about 100 are 1,000 of 100,000: the third makes it more than 2.5 %."""
    await limit(stage, gross_fraction_max=D("0.025"))
    for number in range(3):
        await stage.decide(f"T-{number}")
    assert await codes(stage) == [None, None, "CONCENTRATION"]


async def test_a_symbol_cools_down_after_it_was_closed(stage: Stage) -> None:
    await limit(stage, cooldown_s=600)
    await stage.open_position("T-1")
    await stage.close("T-1")
    command = await stage.lease_one()
    await stage.spine.fill(command, account=HEDGE, price=D("100.00"))
    await stage.decide("T-2")
    assert await codes(stage) == [None, "COOLDOWN"]


async def test_a_loss_limit_without_an_anchor_lets_nothing_in(stage: Stage, anchors: Any) -> None:
    await limit(stage, daily_loss_fraction_max=D("0.03"))
    await stage.decide("T-1")
    await keep_anchors(anchors)
    await stage.decide("T-2")
    assert await codes(stage) == ["DAILY_LOSS", None]


async def test_a_days_loss_brakes_the_account_and_the_next_day_releases_it(
    stage: Stage, anchors: Any
) -> None:
    await limit(stage, daily_loss_fraction_max=D("0.03"))
    await keep_anchors(anchors)
    await see(stage, 97_001)
    await keep_anchors(anchors)
    assert await halts(stage) == []
    await see(stage, 97_000)
    await stage.decide("T-1")
    assert await codes(stage) == ["DAILY_LOSS"], "the gate is not later than the brake"
    await keep_anchors(anchors)
    assert await halts(stage) == [("reducing", SET_BY, "DAILY_LOSS")]
    await stage.decide("T-2")
    assert (await codes(stage))[1] == "REDUCING"
    await see(stage, 99_000)
    await keep_anchors(anchors)
    assert await halts(stage) == [("reducing", SET_BY, "DAILY_LOSS")], "a day is lost once"
    # a day later: the anchor is of yesterday, and the next snapshot opens a new day
    await stage.execute(
        "UPDATE account_anchors SET day_opened_at = day_opened_at - interval '1 day',"
        " last_taken_at = last_taken_at - interval '1 day', last_equity = 97000"
    )
    await see(stage, 97_000)
    await keep_anchors(anchors)
    assert await halts(stage) == []
    await stage.decide("T-3")
    assert (await codes(stage))[2] is None


async def test_exits_pass_while_a_loss_brakes_the_account(stage: Stage, anchors: Any) -> None:
    await limit(stage, daily_loss_fraction_max=D("0.03"))
    await keep_anchors(anchors)
    await stage.open_position("T-1")
    await see(stage, 90_000)
    await keep_anchors(anchors)
    await stage.close("T-1")
    [exit_order] = await stage.orders("exit")
    assert exit_order["denial_code"] is None


async def test_a_drawdown_brake_ends_by_hand_alone_and_the_reset_is_audited(
    stage: Stage, anchors: Any
) -> None:
    await limit(stage, drawdown_fraction_max=D("0.1"))
    await keep_anchors(anchors)
    await see(stage, 120_000)
    await keep_anchors(anchors)
    await see(stage, 108_000)
    await keep_anchors(anchors)
    assert await halts(stage) == [("reducing", SET_BY, "DRAWDOWN")]
    await see(stage, 119_000)
    await keep_anchors(anchors)
    assert await halts(stage) == [("reducing", SET_BY, "DRAWDOWN")], "recovered, and still held"
    await see(stage, 108_000)
    await stage.execute("UPDATE account_anchors SET last_equity = 108000")
    assert await stage.spine.control.reset_peaks(HEDGE, by="operator")
    assert await stage.value("SELECT peak_equity FROM account_anchors") == 108_000
    [entry] = await stage.look(
        "SELECT detail->>'by' AS by FROM audit_log WHERE subject = 'account_anchors'"
    )
    assert entry["by"] == "operator"
    await stage.release()
    await keep_anchors(anchors)
    assert await halts(stage) == []


async def test_a_persons_brake_is_never_weakened(stage: Stage, anchors: Any) -> None:
    await limit(stage, daily_loss_fraction_max=D("0.03"))
    await keep_anchors(anchors)
    await stage.brake("halted")
    await see(stage, 90_000)
    await keep_anchors(anchors)
    assert await halts(stage) == [("halted", "test", "look first")]


async def test_one_worker_keeps_anchors_at_a_time(stage: Stage, anchors: Any) -> None:
    await limit(stage, daily_loss_fraction_max=D("0.03"))
    async with anchors.transaction() as connection:
        assert await anchors.take_turn(connection)
        await keep_anchors(anchors)
        assert await stage.value("SELECT count(*) FROM account_anchors") == 0
    await keep_anchors(anchors)
    assert await stage.value("SELECT count(*) FROM account_anchors") == 1


async def test_risk_limits_come_back_from_the_database_as_they_were_set(stage: Stage) -> None:
    from_all = RiskLimits(
        quote_age_s_max=5, duplicate_s=1, flat_only=False, cooldown_s=2, entries_per_minute_max=3,
        symbol_positions_max=4, daily_loss_fraction_max=D("0.03"), drawdown_fraction_max=D("0.1"),
        symbol_fraction_max=D("0.2"), gross_fraction_max=D(2), correlation_max=D("0.8"),
        correlated_fraction_max=D("0.3"), buying_power_fraction_max=D("0.95"), day_timezone="Europe/Prague",
    )  # fmt: skip
    await limit(stage, **{name: getattr(from_all, name) for name in from_all.__slots__})
    control: ControlStore = stage.spine.control
    [row] = [row for row in await control.accounts() if row["account"] == HEDGE]
    assert decode_limits(row["limits"]).risk == from_all
