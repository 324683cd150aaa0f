"""Votes of several symbols at once, in processes of their own: plain Python makes them, which threads do not hasten."""

import signal
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import Final

from argos.backtest.bars import Bars
from argos.hindsight.voting import Inputs, is_remembered, made_votes, remember

CLOSES_MIN: Final = 4_000
"""Below this a process is not worth its second of beginning."""


def hear_together(
    markets: Sequence[Bars],
    sources: tuple[str, ...],
    inputs: Inputs,
    *,
    processes: int,
    progress: Callable[[int, int], None],
    closes_min: int = CLOSES_MIN,
) -> int:
    """Makes and remembers what `votes_by_bar` will be asked for, if that is worth it. Gives how many symbols it was.

    markets: of one symbol each, without gaps. progress: told how many closes are heard, and of how many. Where there
    can be no processes, or one dies, what is missing is left to be made when it is asked for.
    """
    fresh = [bars for bars in markets if not is_remembered(bars, sources, inputs)]
    closes, done, heard = sum(map(len, fresh)), 0, 0
    if processes < 2 or len(fresh) < 2 or closes < closes_min:
        return 0
    progress(0, closes)
    try:
        # Not forked: threads of numpy and numba may hold locks, for which a copy would wait.
        with ProcessPoolExecutor(
            min(processes, len(fresh)),
            mp_context=get_context("spawn"),
            initializer=_end_at_once,
        ) as pool:
            asked = {pool.submit(made_votes, bars, sources, inputs): bars for bars in fresh}
            try:
                for answer in as_completed(asked):
                    remember(asked[answer], sources, inputs, answer.result())
                    done, heard = done + len(asked[answer]), heard + 1
                    progress(done, closes)
            finally:
                # Ctrl-C leaves those that nobody began.
                pool.shutdown(wait=False, cancel_futures=True)
    except (BrokenExecutor, OSError):
        return heard
    return heard


def _end_at_once() -> None:
    """At Ctrl-C, which goes to every process of the terminal, without a word: the parent has it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
