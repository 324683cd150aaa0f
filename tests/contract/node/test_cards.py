"""Every node held to one table of cards, each card one test, played by its real process at a real broker."""

from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

from argos.cli.reference.conformance import VENUES, read_cards
from contract.node.nodes import VenueKind
from contract.node.season import PLAYS, Job, Season

CARDS = read_cards()
CARDS_MIN = 60
BY_ID = {card.id: card for card in CARDS}
JOBS = [
    Job(card_id=card.id, kind=VenueKind(venue), hedging=card.account == "hedging")
    for card in CARDS
    for venue in card.venues
]
for file in sorted((Path(__file__).parent / "cards").glob("*.py")):
    import_module(f"contract.node.cards.{file.stem}")


def _name(job: Job) -> str:
    return f"{job.card_id}-{job.kind.value}"


@pytest.mark.parametrize("job", JOBS, ids=_name)
@pytest.mark.asyncio(loop_scope="module")
async def test_card(season: Season, job: Job) -> None:
    await season.outcome(job)


def test_each_card_has_one_test_and_each_test_its_card() -> None:
    assert {card_id: len(plays) for card_id, plays in PLAYS.items()} == dict.fromkeys(BY_ID, 1)
    assert len(CARDS) == len(BY_ID) >= CARDS_MIN


def test_what_does_not_apply_says_why_and_is_rare() -> None:
    assert {venue for card in CARDS for venue in card.not_for} <= set(VENUES)
    assert all(len(reason) > 20 for card in CARDS for reason in card.not_for.values())
    left_out = Counter(venue for card in CARDS for venue in card.not_for)
    assert all(count <= len(CARDS) // 4 for count in left_out.values()), left_out
