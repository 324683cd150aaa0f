"""The expert's table of return codes says of each what the Python venue's says."""

import re
from collections import defaultdict
from pathlib import Path

from argos.venues.mt5.retcodes import VERDICTS, Verdict

MT5 = Path(__file__).resolve().parents[3] / "mt5"
SURELY_OPEN = {code for code, verdict in VERDICTS.items() if verdict is Verdict.OPEN}


def numbers() -> dict[str, int]:
    """The terminal's own constants, as the host knows them."""
    text = (MT5 / "host" / "mql5_words.hpp").read_text(encoding="utf-8")
    found: dict[str, int] = {}
    number = 0
    for name, given in re.findall(r"\b(TRADE_RETCODE_\w+)\b(?:\s*=\s*(\d+))?\s*[,}]", text):
        number = int(given) if given else number + 1
        found[name] = number
    return found


def table() -> dict[str, set[int]]:
    """The codes of each verdict in `Retcodes.mqh`."""
    text = (MT5 / "MQL5" / "Include" / "Argos" / "Retcodes.mqh").read_text(encoding="utf-8")
    known, verdicts, waiting = numbers(), defaultdict(set), []
    for case, verdict in re.findall(r"case (\w+):|return\((VERDICT_\w+)\)", text):
        if case:
            waiting.append(known[case])
        else:
            verdicts[verdict] |= set(waiting)
            waiting = []
    return verdicts


NAMES = {
    Verdict.DONE: "VERDICT_DONE",
    Verdict.IDLE: "VERDICT_NO_CHANGES",
    Verdict.REFUSED: "VERDICT_REFUSED",
    Verdict.FOR_NOW: "VERDICT_REFUSED_FOR_NOW",
    Verdict.SETUP: "VERDICT_NOT_PERMITTED",
    Verdict.GONE: "VERDICT_POSITION_GONE",
}


def test_each_code_is_classed_as_the_python_venue_classes_it() -> None:
    verdicts: dict[str, set[int]] = defaultdict(set)
    for code, verdict in VERDICTS.items():
        if verdict is not Verdict.OPEN:
            verdicts[NAMES[verdict]].add(code)
    assert table() == {**verdicts, "VERDICT_UNKNOWN": set()}  # the default: no code is listed


def test_what_leaves_the_outcome_open_stands_nowhere() -> None:
    known = set().union(*table().values())
    assert not known & SURELY_OPEN
    assert set(range(10004, 10047)) - known == SURELY_OPEN | {10005, 10037}


def test_no_code_stands_twice() -> None:
    verdicts = table()
    assert sum(map(len, verdicts.values())) == len(set().union(*verdicts.values()))
