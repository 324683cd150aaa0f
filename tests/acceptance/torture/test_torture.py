"""The promise of the whole system: 300 alerts, 40 kills and more, and the books agree to the unit."""

from torture_runs import torture

ASKED_FOR = (
    "seed",
    "alerts",
    "kills",
    "cuts",
    "db_restarts",
    "lost",
    "doubled",
    "fills_unknown",
    "positions_differ",
    "illegal_transitions",
    "sent_late",
    "in_doubt",
    "seconds",
)
MUST_BE_NOUGHT = (
    "lost",
    "doubled",
    "contradicted",
    "fills_unknown",
    "positions_differ",
    "illegal_transitions",
    "sent_late",
    "in_doubt",
    "promises_broken",
    "sent_under_halt",
    "out_of_order",
    "unreconciled",
    "audit_broken",
)
SEED = 20_261_121


def test_three_hundred_alerts_survive_forty_kills() -> None:
    run = torture("--alerts", "300", "--seed", str(SEED), within_s=400)
    assert {name: run.line[name] for name in MUST_BE_NOUGHT} == dict.fromkeys(MUST_BE_NOUGHT, 0)
    assert run.code == 0
    assert set(ASKED_FOR) <= run.line.keys()
    assert (run.line["seed"], run.line["alerts"]) == (SEED, 300)
    assert run.line["kills"] >= 40
    assert run.line["cuts"] >= 20
    assert run.line["db_restarts"] >= 2
    # a run in which next to nothing was traded would prove next to nothing
    assert run.line["fills"] >= 100
    assert run.line["nodes"] == {"paper": 3, "mt5-python": 1, "mt5-ea": 1}
    assert all(run.line["fills_by_kind"].get(kind, 0) > 0 for kind in run.line["nodes"])
