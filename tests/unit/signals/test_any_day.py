"""Whatever the clock, the disk and the process do: the file verifies, and every day replays to what was recorded."""

from dataclasses import dataclass

from hypothesis import example, given, settings
from hypothesis import strategies as st

from argos.consensus.vote import Vote
from argos.core.errors import StoreError
from argos.signals.pruning import Pruner
from argos.signals.settings import Retention
from signal_stage import SOURCES, SYMBOLS, Stage, at, stage, vote

DAY_S = 86_400


@dataclass(frozen=True)
class Step:
    """The clock moves by `moves_s`, sources vote, perhaps something happens, then there is a tick."""

    moves_s: float
    votes: tuple[tuple[str, str, str], ...] = ()
    happens: str = ""


SIDES = st.sampled_from(["0.9", "0.8", "0.8", "0.8", "0.2"])
VOTES = st.lists(
    st.tuples(st.sampled_from(SOURCES), st.sampled_from(SYMBOLS), SIDES), max_size=12
).map(tuple)
MOVES = st.one_of(
    st.sampled_from([5, 5, 5, 5, 5, 5, 4, 6, 12, 20]),
    st.sampled_from([0, -1, -30, -4000, 40, 4000, DAY_S, 3 * DAY_S]),
)
HAPPENS = st.sampled_from(
    ["", "", "", "", "restart", "disk full", "fewer", "all", "prune", "half pruned"]
)
STEPS = st.lists(st.builds(Step, MOVES, VOTES, HAPPENS), min_size=5, max_size=40)
ALL_LONG = tuple((source, symbol, "0.8") for source in SOURCES for symbol in SYMBOLS)
ALL_SHORT = tuple((source, symbol, "0.2") for source in SOURCES for symbol in SYMBOLS)


def play(steps: list[Step]) -> Stage:
    set_up, now = stage(), 0.0
    for step in steps:
        now = max(now + step.moves_s, 0)
        set_up.publish(*(made(one, now) for one in step.votes))
        match step.happens:
            case "restart":
                set_up.restart()
            case "fewer":
                set_up.restart(symbols=SYMBOLS[:2])
            case "all":
                set_up.restart(symbols=SYMBOLS)
            case "prune":
                set_up.prune(2, now=now)
            case "half pruned":
                Pruner(set_up.file, Retention(votes_days=1), rows_a_step=1).step(at(now))
        set_up.fails = step.happens == "disk full"
        try:
            set_up.tick(now)
        except StoreError:
            assert set_up.fails
    return set_up


def made(one: tuple[str, str, str], now: float) -> Vote:
    source, symbol, p_up = one
    return vote(source, symbol, p_up, now=at(now))


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
@example(steps=[Step(5), Step(5), Step(5, ALL_LONG), Step(5), Step(DAY_S, (), "fewer")])
@example(
    steps=[
        Step(5, ALL_LONG),
        Step(5),
        Step(5, (), "restart"),
        Step(-3000, ALL_SHORT),
        Step(2995, (), "fewer"),
        Step(DAY_S, ALL_SHORT, "all"),
        Step(5, (), "disk full"),
        Step(5),
        Step(5, ALL_LONG),
        Step(2 * DAY_S),
    ]
)
@example(
    steps=[
        Step(5, ALL_LONG),
        Step(5),
        Step(DAY_S, ALL_SHORT[:3]),
        Step(5, (), "fewer"),
        Step(DAY_S),
        Step(5, ALL_LONG),
        Step(5, (), "half pruned"),
        Step(5, (), "all"),
        Step(5, (), "prune"),
        Step(DAY_S, ALL_SHORT, "restart"),
        Step(5),
        Step(5, (), "prune"),
    ]
)
def test_any_day_verifies_and_replays_to_what_was_recorded(steps: list[Step]) -> None:
    set_up = play(steps)
    assert set_up.verify().findings == []
    days = set_up.days()
    recorded = [
        signal_id
        for (signal_id,) in set_up.rows(
            "SELECT signal_id FROM records WHERE day < ? ORDER BY sequence", days[0]
        )
    ]
    for day in days:
        replayed = set_up.replay(day)
        assert replayed.findings == []
        recorded += replayed.signals
    stored = set_up.rows("SELECT signal_id FROM records ORDER BY sequence")
    assert recorded == [signal_id for (signal_id,) in stored]
    assert set_up.replay(days[-1], whole=True).findings == []


@settings(max_examples=20, deadline=None)
@given(steps=STEPS)
def test_a_killed_service_decides_as_one_that_was_not(steps: list[Step]) -> None:
    calm = [Step(step.moves_s, step.votes) for step in steps]
    killed = [Step(step.moves_s, step.votes, "restart") for step in steps]
    pruned = [Step(step.moves_s, step.votes, "prune") for step in steps]
    query = "SELECT record FROM records ORDER BY sequence"
    assert play(killed).rows(query) == play(calm).rows(query) == play(pruned).rows(query)
    ends = "SELECT * FROM ends ORDER BY signal_id"
    assert play(killed).rows(ends) == play(calm).rows(ends)


@settings(max_examples=20, deadline=None)
@given(steps=STEPS)
def test_what_is_recorded_is_told_once_in_the_order_of_the_chain(steps: list[Step]) -> None:
    set_up = play(steps)
    told = set_up.rows("SELECT subject FROM outbox WHERE kind = 'signal' ORDER BY number")
    assert told == set_up.rows("SELECT signal_id FROM records ORDER BY sequence")
    heads = set_up.rows("SELECT subject FROM outbox WHERE kind = 'head' ORDER BY number")
    assert heads == set_up.rows("SELECT day FROM heads ORDER BY day")
    valid = set_up.rows("SELECT record_hash FROM records ORDER BY sequence")
    assert len(valid) == len(set_up.handed_on)


def test_the_days_of_these_tests_do_give_signals() -> None:
    steps = [Step(5, ALL_LONG)] + [Step(5) for _ in range(20)] + [Step(DAY_S, ALL_SHORT)]
    set_up = play([*steps, *(Step(5) for _ in range(4))])
    assert len(set_up.rows("SELECT * FROM records")) >= 2 * len(SYMBOLS)
