"""What a short post says of a share, -1 to 1: our own list of terms, in which a phrase goes before its words.

General lists of feelings read "to the moon" as nothing and "stop loss" as grief. This one is small and blunt: irony
escapes it, and a post without a term is neutral.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

_UP: Final = """
to the moon|moon|mooning|moonshot|bullish|bull run|bull flag|bulls|long|longs|going long|went long|calls|buying calls|
call sweep|buy|buying|bought|buy the dip|bought the dip|btd|dip buy|accumulate|accumulating|adding|added more|load up|
loading up|loaded|rocket|rocketing|rip|ripping|rips|rally|rallies|rallying|surge|surges|surging|soar|soars|soaring|
jump|jumps|jumping|climb|climbs|climbing|rise|rises|rising|gain|gains|green|breakout|breaking out|broke out|
higher high|higher highs|new high|new highs|all time high|ath|squeeze|short squeeze|gamma squeeze|undervalued|cheap|
oversold|bounce|bouncing|reversal up|support holds|held support|golden cross|beat|beats|beat estimates|
beats estimates|raises guidance|raised guidance|guidance raised|upgrade|upgraded|upgrades|outperform|overweight|
strong buy|price target raised|raises price target|buyback|buybacks|dividend increase|raises dividend|strong demand|
record revenue|record earnings|record quarter|approval|approved|wins contract|partnership|tailwind|tailwinds|
strong|momentum|uptrend|bottomed|bottom is in|upside
"""
_DOWN: Final = """
bearish|bear flag|bears|short|shorts|shorting|going short|shorted|puts|buying puts|puts printing|put sweep|sell|selling|
sold|sell off|selloff|dump|dumping|dumped|trim|trimming|exit|exited|rug pull|rugged|crash|crashes|crashing|tank|tanks|
tanking|tanked|plunge|plunges|plunging|plummet|plummets|drop|drops|dropping|fall|falls|falling|slide|slides|sliding|
sink|sinks|sinking|lose|loses|losing|loss|losses|bag holder|bagholder|bagholders|red|breakdown|breaking down|
broke down|lower low|lower lows|new low|new lows|overvalued|expensive|overbought|bubble|resistance holds|
rejected at|death cross|miss|misses|missed|missed estimates|misses estimates|cuts guidance|cut guidance|
guidance cut|lowers guidance|lowered guidance|downgrade|downgraded|downgrades|downgraded to sell|underperform|
underweight|price target cut|cuts price target|dividend cut|cuts dividend|weak demand|weak|recall|recalls|lawsuit|
investigation|probe|fraud|layoffs|lays off|bankruptcy|bankrupt|default|dilution|offering|headwind|headwinds|
downtrend|topped|top is in|downside|dead cat bounce
"""
_NEUTRAL: Final = """
stop loss|stop losses|long term|long time|as long as|short term|shortly|sell side|buy side|exit plan|call me|
conference call|earnings call|put it|put out|fall quarter|in the red zone|short interest|short report
"""
_DENIED_BY: Final = """
not no never isnt arent wasnt dont doesnt didnt wont cant cannot without hardly aint
"""
_DENIALS: Final = frozenset(_DENIED_BY.split())
_DENIAL_REACH: Final = 3
"""So many words before a term turn it around."""
_WORD: Final = re.compile(r"[a-z]+")
_PHRASE_MAX: Final = 4
TEXT_MAX: Final = 4_000


def _terms() -> Mapping[tuple[str, ...], int]:
    found: dict[tuple[str, ...], int] = {}
    for text, value in ((_UP, 1), (_DOWN, -1), (_NEUTRAL, 0)):
        for phrase in text.replace("\n", " ").split("|"):
            found[tuple(phrase.split())] = value
    return found


TERMS: Final = _terms()


def score(text: str) -> Decimal:
    """(ups - downs) / (ups + downs) of the terms in the text; 0 without any."""
    words = _WORD.findall(text[:TEXT_MAX].lower().replace("'", "").replace("’", ""))
    ups = downs = place = 0
    while place < len(words):
        length, value = _longest(words, place)
        if value and _DENIALS & set(words[max(place - _DENIAL_REACH, 0) : place]):
            value = -value
        ups += value > 0
        downs += value < 0
        place += length
    return Decimal(ups - downs) / (ups + downs) if ups + downs else Decimal(0)


def _longest(words: list[str], place: int) -> tuple[int, int]:
    """How many words the longest term here has, and its value; one word of no value if there is none."""
    for length in range(min(_PHRASE_MAX, len(words) - place), 0, -1):
        value = TERMS.get(tuple(words[place : place + length]))
        if value is not None:
            return length, value
    return 1, 0
