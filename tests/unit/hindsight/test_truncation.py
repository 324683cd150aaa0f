"""What is decided at a close is a function of what came before it: no future changes it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from argos.backtest.lookahead import check_lookahead
from argos.backtest.strategy import Market
from argos.consensus.documents import decision_document
from argos.hindsight.strategy import Consensus
from unit.hindsight.builders import bars_of_closes, walk


@settings(max_examples=25, deadline=None)
@given(
    past=st.lists(st.floats(-0.05, 0.05), min_size=62, max_size=75),
    futures=st.tuples(
        st.lists(st.floats(-0.3, 0.3), min_size=0, max_size=12),
        st.lists(st.floats(-0.3, 0.3), min_size=0, max_size=12),
    ),
    seed=st.integers(0, 3),
    method=st.sampled_from(["weighted_vote", "log_pool"]),
)
def test_two_futures_after_one_past_leave_it_as_it_was(
    past: list[float], futures: tuple[list[float], list[float]], seed: int, method: str
) -> None:
    consensus = Consensus(simulated=True, seed=seed, method=method, fire_at="0.6")  # type: ignore[arg-type]
    told = []
    for future in futures:
        price, closes = 100.0, []
        for change in (*past, *future):
            price *= 1 + change
            closes.append(max(price, 5.0))
        decisions = consensus.heard(Market(bars=bars_of_closes(closes))).decisions
        told.append([decision_document(decision) for decision in decisions[: len(past)]])
    assert told[0] == told[1]


def test_the_check_of_the_backtester_finds_nothing_and_had_something_to_find() -> None:
    bars = bars_of_closes(walk(120, seed=2))
    found = check_lookahead(Consensus(simulated=True), bars, cuts=6)
    assert found.clean
    assert found.decisions > 0
