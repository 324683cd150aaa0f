"""Do the signal sources answer, and may they still be asked?"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from argos.cli.doctor.finding import Finding, fail, ok, skipped, warn
from argos.consensus.vote import Vote, VoteStatus
from argos.core.errors import ArgosError
from argos.settings import load_config
from argos.sources.board import VoteStore
from argos.sources.ledger import FILE, SourceFile
from argos.sources.reasons import SIMULATED, SourceReason
from argos.sources.settings import PROVIDERS, SourcesSettings
from argos.sources.voting import is_simulated
from argos.stack.home import Home

SILENT_S_MAX: Final = 120.0
"""So long beyond its own cadence a source may be silent."""
ONCE_A_SESSION: Final = "alpha_vantage"
BETWEEN_SESSIONS_S_MAX: Final = 5 * 86_400.0
"""From the close before a long weekend to the one after it."""
_BROKEN: Final = frozenset({VoteStatus.ERROR, VoteStatus.NOT_ENTITLED})
_FIXES: Final[Mapping[SourceReason, str]] = {
    SourceReason.KEY_REFUSED: "set its api_key in config.json: argos config",
    SourceReason.NOT_ENTITLED: "the provider's plan does not include it: change the plan, or drop its weight",
    SourceReason.LEDGER_UNAVAILABLE: "make room on the disk of the home",
    SourceReason.SOURCE_BROKEN: "please report it, with logs/signals.log",
    SourceReason.DATA_FROM_FUTURE: "let this machine follow NTP",
}
_ASK: Final = "see `argos sources` and logs/signals.log; its votes are abstentions until it answers"
_SPENT: Final = "wait for the next UTC day, or raise the limit in config.json"


def examine_sources(home: Home, *, running: bool) -> Iterator[Finding]:
    """One finding per source. `running`: whether an `argos up` holds the home."""
    path = home.root / FILE
    if not path.exists():
        yield skipped("sources", "no source was ever asked in this home")
        return
    try:
        settings = load_config(home, os.environ).sources
        file = SourceFile.open(path)
        try:
            votes = VoteStore(file).read()
        finally:
            file.close()
    except ArgosError as error:
        yield fail("sources", error.message, fix=error.fix or "see argos sources")
        return
    now = datetime.now(tz=UTC)
    for provider in PROVIDERS:
        own = [vote for vote in votes if vote.source == provider]
        yield judge_source(provider, own, settings=settings, now=now, running=running)


def judge_source(
    provider: str,
    votes: Sequence[Vote],
    *,
    settings: SourcesSettings,
    now: datetime,
    running: bool,
) -> Finding:
    """What a source's last votes, one per symbol, say of the source itself."""
    check = f"source {provider}"
    if not votes:
        return warn(check, "not asked yet", fix="argos up, or argos signals run")
    reasons = Counter(reason_of(vote) for vote in votes)
    broken = _worst(reasons, _BROKEN)
    if broken is not None:
        share = sum(count for reason, count in reasons.items() if reason.status in _BROKEN)
        shown = f"{broken.code} on {share} of {len(votes)} symbols: {broken.meaning}"
        fix = _FIXES.get(broken, _ASK)
        return (fail if share == len(votes) else warn)(check, shown, fix=fix)
    spent = _worst(reasons, frozenset({VoteStatus.QUOTA}))
    if spent is not None:
        return warn(check, f"{spent.code}: {spent.meaning}", fix=_SPENT)
    silent_s = (now - max(vote.fetched_at for vote in votes)).total_seconds()
    mark = ", simulated source" if any(map(is_simulated, votes)) else ""
    shown = f"{len(votes)} symbols, last answer {max(silent_s, 0):.0f} s ago{mark}"
    if running and silent_s > _silence_allowed_s(settings, provider):
        return warn(check, shown, fix="is `argos signals run` alive? see logs/signals.log")
    return ok(check, shown)


def _silence_allowed_s(settings: SourcesSettings, provider: str) -> float:
    if provider == ONCE_A_SESSION:
        return BETWEEN_SESSIONS_S_MAX
    chosen = settings.providers[provider]
    return max(chosen.every_s, chosen.cache_s) + SILENT_S_MAX


def reason_of(vote: Vote) -> SourceReason:
    """The reason behind a vote, simulated or not; what an older version wrote counts as no lean."""
    return SourceReason.__members__.get(vote.reason.removeprefix(SIMULATED), SourceReason.NO_LEAN)


def _worst(reasons: Counter[SourceReason], statuses: frozenset[VoteStatus]) -> SourceReason | None:
    """The most frequent reason with one of these statuses."""
    return next((reason for reason, _ in reasons.most_common() if reason.status in statuses), None)
