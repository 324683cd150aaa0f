"""Where a result comes from: what somebody else needs to make it again."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Told on every page and in every folder of results.

    data: how the prices were named, such as a path or "demo"; data_sha256: of the bars as arrays
    (`argos.prices.digest`), whatever file they came from. first, last: opens of the first and last bar, UTC.
    strategy_sha256: of the source file the strategy is in. seed: of everything random in it, None where nothing is.
    command: the words that do it again, "" when it was not a command.
    """

    data: str
    data_sha256: str
    bars: int
    symbols: tuple[str, ...]
    first: datetime
    last: datetime
    strategy: str
    strategy_sha256: str
    code_version: str
    seed: int | None
    made_at: datetime
    command: str = ""
