"""conformance.md: the cards that every node is held to, from the table that lies beside their tests."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from argos.cli.reference.markdown import page, section, table
from argos.core.errors import InputError

SOURCE: Final = Path(__file__).resolve().parents[4] / "tests/contract/node/cards.toml"
VENUES: Final = ("paper-mt5", "paper-alpaca", "alpaca", "mt5-python", "mt5-ea")


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One thing that a node must do. `not_for` gives, by venue, why it cannot come up there."""

    id: str
    theme: str
    story: str
    given: str
    when: str
    then: str
    account: str
    not_for: Mapping[str, str]

    @property
    def venues(self) -> tuple[str, ...]:
        return tuple(venue for venue in VENUES if venue not in self.not_for)


def read_cards(source: Path = SOURCE) -> tuple[Card, ...]:
    """All cards in the order of the table; InputError when it is not there, as in an installed copy."""
    if not source.exists():
        raise InputError(
            f"the table of cards is not at {source}",
            code="CARDS_MISSING",
            fix="run this in a copy of the repository",
        )
    themes = tomllib.loads(source.read_text(encoding="utf-8"))["theme"]
    return tuple(_card(theme["name"], body) for theme in themes for body in theme["card"])


def _card(theme: str, body: Mapping[str, Any]) -> Card:
    texts = {name: str(body[name]) for name in ("id", "story", "given", "when", "then")}
    account = str(body.get("account", "hedging"))
    return Card(theme=theme, account=account, not_for=dict(body.get("not_for", {})), **texts)


def conformance_page() -> str:
    cards = read_cards()
    counts = (
        (
            venue,
            sum(venue in card.venues for card in cards),
            sum(venue in card.not_for for card in cards),
        )
        for venue in VENUES
    )
    themes = list(dict.fromkeys(card.theme for card in cards))
    return page(
        "Conformance",
        f"{len(cards)} cards say what a node does, whatever broker it stands before. Each is one test, which runs "
        "against the real process of every node here: the two paper venues, the node at Alpaca (by Alpaca's API alone, "
        "at the paper broker of the alpaca character), the Python node at MetaTrader 5 (on "
        "the stand-in for the package) and the expert advisor (its own source, compiled for Linux). The broker is a "
        "real process as well, and its ledger is what the facts are held against. `make conformance` runs them all.",
        table(("venue", "cards", "not applicable"), counts),
        "The account hedges where a card does not say netting; a share account always nets.",
        *(_theme(theme, [card for card in cards if card.theme == theme]) for theme in themes),
    )


def _theme(theme: str, cards: Sequence[Card]) -> str:
    rows = (
        (card.id, card.story, _given(card), card.when, card.then, _applies(card)) for card in cards
    )
    reasons = (
        f"{card.id} is not for {venue}: {reason}."
        for card in cards
        for venue, reason in _reasons(card)
    )
    return section(
        theme,
        table(("", "story", "given", "when", "then", "venues"), rows),
        "\n".join(f"- {item}" for item in reasons),
    )


def _applies(card: Card) -> str:
    return ", ".join(card.venues) if card.not_for else "all"


def _given(card: Card) -> str:
    return card.given if card.account == "hedging" else f"{card.given} ({card.account})"


def _reasons(card: Card) -> Sequence[tuple[str, str]]:
    return [(venue, card.not_for[venue]) for venue in VENUES if venue in card.not_for]
