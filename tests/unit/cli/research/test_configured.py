"""What `argos backtest consensus --configured` makes of a configuration."""

import json
from decimal import Decimal

from argos.backtest.settings import Settings
from argos.cli.research.consensus import STRATEGIES, configured_options, configured_words
from argos.cli.research.market import assigned
from argos.config.read import parse_config
from argos.studies.strategies import find_strategy


def test_sections_backtest_and_strategy_are_what_is_played() -> None:
    config = parse_config(
        json.dumps(
            {
                "backtest": {
                    "initial_cash": 50_000,
                    "until": "2004-12-31",
                    "spread_bps": 7,
                    "seed": 9,
                },
                "strategy": {
                    "weights": {"massive": 50, "alpha_vantage": 30, "x_api": 0, "sonar": 20},
                    "threshold_pct": 80,
                    "required": [],
                },
            }
        ),
        {},
    )
    words = configured_words(config)
    params, changes = assigned(words, find_strategy("consensus", STRATEGIES), Settings())
    assert (params["massive"], params["x_api"]) == (Decimal("0.5"), 0)
    assert (params["fire_at"], params["needs_massive"], params["seed"]) == (
        Decimal("0.8"),
        False,
        9,
    )
    assert changes == {"account.cash": 50_000, "costs.spread_bps": 7}
    assert configured_options(config)["until"] == "2004-12-31"


def test_what_is_said_later_goes_before_what_is_configured() -> None:
    words = [*configured_words(parse_config("{}", {})), "fire_at=0.9"]
    params, _ = assigned(words, find_strategy("consensus", STRATEGIES), Settings())
    assert params["fire_at"] == Decimal("0.9")
