"""Rules: what cannot be meant is refused, and equal rules have one digest."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from argos.consensus.calibration import Calibration
from argos.consensus.settings import (
    SOURCES,
    ConsensusSettings,
    Method,
    parse_settings,
    settings_document,
)
from argos.core.canonical import sha256_of
from argos.core.errors import InputError

CALIBRATION = Calibration(
    slope=Decimal("0.8"),
    intercept=Decimal("-0.1"),
    fitted_until=datetime(2026, 9, 1, tzinfo=UTC),
    judged_until=datetime(2026, 11, 1, tzinfo=UTC),
    n_fitted=400,
    n_judged=150,
)


def test_the_product_s_weights_and_bar_are_the_defaults() -> None:
    settings = ConsensusSettings()
    weights = {rules.source: rules.weight for rules in settings.sources}
    assert weights == {
        "massive": Decimal("0.40"),
        "alpha_vantage": Decimal("0.25"),
        "x_api": Decimal("0.20"),
        "sonar": Decimal("0.15"),
    }
    assert settings.fire_at == Decimal("0.75")
    assert settings.method is Method.WEIGHTED_VOTE


@pytest.mark.parametrize(
    "settings",
    [
        ConsensusSettings(),
        ConsensusSettings(
            method=Method.LOG_POOL, exponent=Decimal("1.6"), calibration=CALIBRATION, ttl_s=60
        ),
    ],
)
def test_rules_come_back_from_what_is_stored_with_the_same_digest(
    settings: ConsensusSettings,
) -> None:
    stored = json.loads(json.dumps(settings_document(settings)))
    again = parse_settings(stored)
    assert again == settings
    assert again.digest == settings.digest == sha256_of(stored)


def test_the_digest_knows_neither_the_order_of_sources_nor_trailing_zeros() -> None:
    settings = ConsensusSettings()
    turned = tuple(reversed(SOURCES))
    padded = tuple(replace(rules, weight=rules.weight * Decimal("1.00")) for rules in turned)
    assert ConsensusSettings(sources=padded, fire_at=Decimal("0.7500")).digest == settings.digest


CHANGES: list[dict[str, Any]] = [
    {"method": Method.LOG_POOL},
    {"fire_at": Decimal("0.8")},
    {"clear_below": Decimal("0.6")},
    {"sources_min": 2},
    {"weight_min": Decimal("0.6")},
    {"conflict_at": Decimal("0.4")},
    {"ticks_min": 3},
    {"tick_gap_s_max": 30},
    {"ttl_s": 301},
    {"cooldown_s": 0},
    {"exponent": Decimal(2)},
    {"calibration": CALIBRATION},
    {"sources": (replace(SOURCES[0], required=False), *SOURCES[1:])},
    {"sources": (replace(SOURCES[0], cut_s=61), *SOURCES[1:])},
]


def test_every_setting_is_in_the_digest() -> None:
    digests = [ConsensusSettings(**change).digest for change in CHANGES]
    assert len({ConsensusSettings().digest, *digests}) == len(CHANGES) + 1


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"fire_at": "0.5"}, "fire_at"),
        ({"fire_at": "1.01"}, "fire_at"),
        ({"clear_below": "0.8"}, "clear_below"),
        ({"clear_below": "0.4"}, "clear_below"),
        ({"sources_min": 5}, "sources_min"),
        ({"sources_min": "3"}, "sources_min"),
        ({"weight_min": "2"}, "weight_min"),
        ({"conflict_at": "0"}, "conflict_at"),
        ({"ticks_min": 0}, "ticks_min"),
        ({"ttl_s": 0}, "ttl_s"),
        ({"ttl_s": True}, "ttl_s"),
        ({"cooldown_s": -1}, "cooldown_s"),
        ({"exponent": "0"}, "exponent"),
        ({"method": "median"}, "method"),
        ({"fire": "0.8"}, "fire"),
        ({"digest": "ab"}, "digest"),
        ({"sources": {}}, "sources"),
        ({"sources": ["massive"]}, "sources"),
        ({"sources": []}, "weight"),
        ({"sources": [{"source": "a", "weight": "1", "half_life_s": 1}]}, "cut_s"),
        (
            {"sources": [{"source": "a", "weight": "1", "half_life_s": 0, "cut_s": 1}]},
            "half_life_s",
        ),
        ({"sources": [{"source": "a", "weight": "0.9", "half_life_s": 1, "cut_s": 1}]}, "weight"),
        (
            {"sources": [{"source": "a", "weight": "0.5", "half_life_s": 1, "cut_s": 1}] * 2},
            "sources",
        ),
        ({"calibration": {"slope": "1"}}, "fitted_until"),
        ({"calibration": []}, "calibration"),
    ],
)
def test_what_cannot_be_meant_is_refused(document: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_settings(document)
    assert caught.value.field == field
    assert caught.value.code in {"CONSENSUS_SETTING", "CONSENSUS_CALIBRATION"}


@pytest.mark.parametrize(
    ("name", "value"),
    [("slope", Decimal(0)), ("slope", Decimal(-1)), ("n_judged", 0), ("intercept", Decimal(101))],
)
def test_a_calibration_that_turns_scores_around_is_refused(name: str, value: object) -> None:
    with pytest.raises(InputError) as caught:
        replace(CALIBRATION, **{name: value})
    assert caught.value.field == name
