"""Sweeps: what never came is found, named, and struck off again once it has come."""

from argos.flows.sweep import EXPIRY_GRACE_S
from argos.protocol.facts import ReportKind
from argos.reconcile.discrepancies import SweepThresholds
from integration.flows.stage import Stage, filled, said
from spine import HEDGE, positions_of

AT_ONCE = SweepThresholds(
    unclaimed_s_max=0, unheard_s_max=0, doubt_s_max=0, unfilled_s_max=0, unclosed_s_max=0
)


async def test_an_entry_that_no_node_took_in_time_is_ended_by_the_sweep(stage: Stage) -> None:
    await stage.decide()
    sweep = stage.sweep()
    await sweep.run_once()
    assert {row["status"] for row in await stage.orders("entry")} == {"planned"}
    await stage.execute(
        "UPDATE commands SET valid_until = now() - make_interval(secs => $1)",
        EXPIRY_GRACE_S + 0.001,
    )
    await sweep.run_once()
    [entry] = await stage.orders("entry")
    assert (entry["status"], entry["live"]) == ("expired_unsent", False)
    leg = await stage.leg()
    assert (leg["outcome"], leg["reason_code"]) == ("expired", "NODE_ABSENT")
    assert await stage.lease() == []


async def test_an_exit_is_never_ended_by_time(stage: Stage) -> None:
    await stage.open_position()
    await stage.close()
    await stage.execute("UPDATE commands SET created_at = created_at - interval '1 day'")
    await stage.sweep().run_once()
    assert len(await stage.lease()) == 1


async def test_an_order_that_waits_for_its_node_is_shown_until_it_is_taken(stage: Stage) -> None:
    await stage.decide()
    sweep = stage.sweep(thresholds=AT_ONCE)
    await sweep.run_once()
    assert await stage.open_discrepancies() == {"NODE_ABSENT"}
    await sweep.run_once()
    assert await stage.value("SELECT count(*) FROM discrepancies WHERE account = $1", HEDGE) == 1
    command = await stage.lease_one()
    await sweep.run_once()
    assert await stage.open_discrepancies(HEDGE) == {"SENT_UNKNOWN"}
    await stage.spine.report(HEDGE, said(command, ReportKind.IN_DOUBT, text="no answer"))
    await sweep.run_once()
    assert await stage.open_discrepancies(HEDGE) == {"DOUBT_UNRESOLVED"}
    await stage.spine.report(HEDGE, filled(command))
    await sweep.run_once()
    assert await stage.open_discrepancies(HEDGE) == set()


async def test_a_position_that_drifts_is_believed_at_the_second_look_and_forgotten_when_it_is_right(
    stage: Stage,
) -> None:
    opened = await stage.open_position()
    sweep = stage.sweep()
    await stage.spine.report(HEDGE, positions_of())
    await sweep.run_once()
    assert await stage.open_discrepancies() == set()
    await sweep.run_once()
    assert await stage.open_discrepancies() == {"POSITION_DRIFT"}
    await stage.spine.report(HEDGE, positions_of(f"P{opened.seq}"))
    await sweep.run_once()
    assert await stage.open_discrepancies() == set()


async def test_a_drift_that_comes_back_is_a_new_discrepancy(stage: Stage) -> None:
    opened = await stage.open_position()
    sweep = stage.sweep()
    for position_ids in ((), (f"P{opened.seq}",), ()):
        await stage.spine.report(HEDGE, positions_of(*position_ids))
        await sweep.run_once()
        await sweep.run_once()
    rows = await stage.look("SELECT occurrence FROM discrepancies ORDER BY occurrence")
    assert [row["occurrence"] for row in rows] == [1, 2]


async def test_a_tick_value_that_contradicts_contract_and_rates_is_shown(stage: Stage) -> None:
    """1.0 of AAPL is worth a dollar a share, also at a broker that says ten cents."""
    await stage.execute(
        "UPDATE account_states SET instruments = jsonb_set(instruments, '{AAPL,unit_value}', '\"0.1\"')"
    )
    await stage.sweep().run_once()
    assert await stage.open_discrepancies(HEDGE) == {"TICK_VALUE_DIFFERS"}
