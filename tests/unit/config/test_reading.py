"""`config.json` and the environment become settings, or an error that names field and fix."""

import json
from decimal import Decimal
from typing import Any

import pytest

from argos.config.model import Environment
from argos.config.read import parse_config
from argos.consensus.settings import ConsensusSettings, Method
from argos.core.errors import ArgosError, InputError
from argos.signals.settings import SessionRule, SignalSettings
from argos.sources.settings import PROVIDERS, SourcesSettings

DEV_KEYS = {"api_key": "PKDEVKEY", "secret_key": "dev-secret-value"}
LIVE_KEYS = {"api_key": "AKLIVEKEY", "secret_key": "live-secret-value"}


def parse(document: Any = None, **environ: str) -> Any:
    return parse_config(None if document is None else json.dumps(document), environ)


def refusal(document: Any, **environ: str) -> ArgosError:
    with pytest.raises(ArgosError) as caught:
        parse(document, **environ)
    return caught.value


def test_without_a_file_everything_is_as_shipped() -> None:
    config = parse()
    shipped = SignalSettings(
        symbols=SourcesSettings().symbols,
        simulated=dict.fromkeys(PROVIDERS, True),
        config_digest=config.digest,
        config_document=config.document,
    )
    assert config.signals == shipped
    assert config.sources == SourcesSettings()
    assert config.environment is Environment.DEV
    assert config.alpaca.base_url == "https://paper-api.alpaca.markets"
    assert config.alpaca.stream_url == "wss://paper-api.alpaca.markets/stream"
    assert config.alpaca.data_url == "https://data.alpaca.markets"
    assert not config.alpaca.has_keys


def test_the_shape_that_users_know_is_read_whole() -> None:
    config = parse(
        {
            "environment": "production",
            "massive": {"api_key": "m-key"},
            "alpha_vantage": {"api_key": "a-key"},
            "x_api": {"bearer_token": "x-key"},
            "sonar": {"api_key": "s-key"},
            "alpaca": {"dev": DEV_KEYS, "production": LIVE_KEYS},
            "strategy": {
                "name": "swing",
                "version": "3",
                "route": "live",
                "method": "log_pool",
                "weights": {"massive": 50, "alpha_vantage": 30, "sonar": 20},
                "threshold_pct": 80,
                "clear_below_pct": "67.5%",
                "sources_min": 2,
                "cooldown_s": 60,
                "ttl_s": 120,
                "required": ["massive", "sonar"],
                "cut_s": {"sonar": 7200},
            },
            "trading": {
                "min_confidence": 85,
                "auto_execute": True,
                "position_size_pct": 5,
                "max_drawdown_pct": None,
                "stop_loss_pct": "0.5%",
                "take_profit_pct": 1.5,
                "time_stop_s": 3600,
                "session": "us_equities",
                "cycle_s": 10,
                "intent_ttl_s": 30,
            },
            "backtest": {"initial_cash": 25_000, "commission_bps": 1.5, "costs": "free"},
        }
    )
    signals = config.signals
    assert signals.bot_version == "swing@3"
    assert signals.route == "live"
    rules = signals.consensus
    assert rules.method is Method.LOG_POOL
    assert [(item.source, item.weight, item.required) for item in rules.sources] == [
        ("massive", Decimal("0.5"), True),
        ("alpha_vantage", Decimal("0.3"), False),
        ("sonar", Decimal("0.2"), True),
    ]
    assert [item.cut_s for item in rules.sources] == [60, 259_200, 7200]
    assert (rules.fire_at, rules.clear_below) == (Decimal("0.8"), Decimal("0.675"))
    assert (rules.sources_min, rules.cooldown_s, rules.ttl_s) == (2, 60, 120)
    assert signals.min_confidence == Decimal("0.85")
    assert signals.auto_execute
    assert signals.position_fraction == Decimal("0.05")
    assert signals.max_drawdown_fraction is None
    assert signals.stop_fraction == Decimal("0.005")
    assert signals.target_fraction == Decimal("0.015")
    assert (signals.time_stop_s, signals.intent_ttl_s, signals.cycle_s) == (3600, 30, 10)
    assert signals.session is SessionRule.US_EQUITIES
    assert signals.environment == "production"
    assert not any(signals.simulated.values())
    assert config.sources.key_of("x_api") == "x-key"
    assert (config.alpaca.key_id, config.alpaca.secret_key) == ("AKLIVEKEY", "live-secret-value")
    assert config.alpaca.base_url == "https://api.alpaca.markets"
    assert config.backtest.initial_cash == 25_000
    assert config.backtest.commission_bps == Decimal("1.5")


def test_shipped_percentages_are_the_shipped_rules_of_the_consensus() -> None:
    assert parse({}).signals.consensus == ConsensusSettings()


@pytest.mark.parametrize(
    ("weights", "fractions"),
    [
        ({"massive": 60, "sonar": 40}, ("0.6", "0.4")),
        ({"massive": 0.6, "sonar": 0.4}, ("0.6", "0.4")),
        ({"massive": "0.6", "sonar": "0.4"}, ("0.6", "0.4")),
        ({"massive": "99.5%", "sonar": "0.5%"}, ("0.995", "0.005")),
        ({"massive": 99, "sonar": 1}, ("0.99", "0.01")),
        ({"massive": 1}, ("1",)),
        ({"massive": 100, "sonar": 0}, ("1",)),
    ],
)
def test_weights_are_percentages_or_fractions(
    weights: dict[str, Any], fractions: tuple[str, ...]
) -> None:
    strategy = {"weights": weights, "sources_min": 1}
    rules = parse({"strategy": strategy}).signals.consensus
    assert [item.weight for item in rules.sources] == [Decimal(text) for text in fractions]


@pytest.mark.parametrize(
    "weights",
    [
        {"massive": 0.4, "sonar": 60},
        {"massive": 99.6, "sonar": 0.4},
        {"massive": 0.5, "sonar": 0.4},
        {"massive": 60, "sonar": 30},
        {"massive": 130, "sonar": -30},
        {"massive": "0.6%", "sonar": 0.4},
        {"massive": True},
        {},
        [],
        7,
    ],
)
def test_weights_that_may_mean_two_things_are_refused(weights: Any) -> None:
    error = refusal({"strategy": {"weights": weights, "sources_min": 1}})
    assert error.code in {"CONFIG_WEIGHTS", "CONFIG_PERCENT"}
    assert error.field == "strategy.weights"
    assert error.fix


@pytest.mark.parametrize("field", ["stop_loss_pct", "take_profit_pct", "position_size_pct"])
def test_a_number_below_one_may_be_a_fraction_and_is_refused(field: str) -> None:
    error = refusal({"trading": {field: 0.5}})
    assert error.code == "CONFIG_PERCENT"
    assert error.message == f"trading.{field} is 0.5, which may be 0.5 % or 50 %"
    assert error.fix == 'write 50 for 50 %, or "0.5%" if that is meant'


@pytest.mark.parametrize("given", [0.75, "0.75", 1, 49, "0.75%", 101, -1, "much", True, None])
def test_a_confidence_that_no_signal_can_have_is_refused(given: Any) -> None:
    error = refusal({"trading": {"min_confidence": given}})
    assert error.code == "CONFIG_PERCENT"
    assert error.fix.startswith("write 75 for 75 %")


@pytest.mark.parametrize("given", [75, 75.0, "75", "75%", "75 %", "7.5e1"])
def test_seventy_five_is_seventy_five_percent(given: Any) -> None:
    assert parse({"trading": {"min_confidence": given}}).signals.min_confidence == Decimal("0.75")


@pytest.mark.parametrize("field", ["threshold_pct", "weight_min_pct", "conflict_pct"])
def test_one_may_be_all_of_it_where_one_percent_makes_no_sense(field: str) -> None:
    assert refusal({"strategy": {field: 1}}).code == "CONFIG_PERCENT"


@pytest.mark.parametrize("given", [1, 0, "yes", "on", None, 1.0])
def test_whether_orders_go_out_is_said_with_true_or_false(given: Any) -> None:
    assert refusal({"trading": {"auto_execute": given}}).field == "trading.auto_execute"


@pytest.mark.parametrize(
    ("document", "code", "field", "hint"),
    [
        ({"tradng": {}}, "CONFIG_SECTION_UNKNOWN", "tradng", "trading"),
        ({"alpacca": {}}, "CONFIG_SECTION_UNKNOWN", "alpacca", "alpaca"),
        ({"min_confidence": 75}, "CONFIG_SECTION_UNKNOWN", "min_confidence", "trading.min_conf"),
        ({"zzz": {}}, "CONFIG_SECTION_UNKNOWN", "zzz", "the sections are environment, sources"),
        (
            {"trading": {"position_size": 5}},
            "CONFIG_FIELD_UNKNOWN",
            "trading.position_size",
            "_pct",
        ),
        ({"trading": {"weights": {}}}, "CONFIG_FIELD_UNKNOWN", "trading.weights", "strategy.weig"),
        (
            {"x_api": {"api_key": "", "bearer_token": "K"}},
            "CONFIG_KEY_TWICE",
            "x_api.bearer_token",
            "one",
        ),
        ({"massive": {"apikey": "K"}}, "CONFIG_FIELD_UNKNOWN", "massive.apikey", "massive.api_key"),
        (
            {"sources": {"massive": {}}},
            "CONFIG_FIELD_UNKNOWN",
            "sources.massive",
            "did you mean massive?",
        ),
        (
            {"alpaca": {"dev": {"secretkey": "K"}}},
            "CONFIG_FIELD_UNKNOWN",
            "alpaca.dev.secretkey",
            "alpaca.dev.secret_key",
        ),
        ({"alpaca": {"live": {}}}, "CONFIG_FIELD_UNKNOWN", "alpaca.live", "settings.md"),
        ({"environment": "productoin"}, "CONFIG_ENVIRONMENT", "environment", "production"),
        ({"environment": 1}, "CONFIG_ENVIRONMENT", "environment", "dev or production"),
        ({"trading": 5}, "CONFIG_INVALID", "trading", "config.json"),
        ({"trading": {"cycle_s": 0}}, "CONFIG_INVALID", "trading.cycle_s", "config.json"),
        ({"strategy": {"required": ["x"]}}, "CONFIG_INVALID", "strategy.required", "config.json"),
        (
            {"strategy": {"weights": {"massive": 100}, "required": ["sonar"], "sources_min": 1}},
            "CONSENSUS_SETTING",
            "strategy.required",
            "weight",
        ),
        (
            {"strategy": {"weights": {"massive": 100}}},
            "CONSENSUS_SETTING",
            "strategy.sources_min",
            "consensus.md",
        ),
        (
            {"strategy": {"threshold_pct": 60}},
            "CONSENSUS_SETTING",
            "strategy.clear_below_pct",
            "consensus.md",
        ),
        (
            {"strategy": {"calibration": {"slope": "1"}}},
            "CONSENSUS_CALIBRATION",
            "strategy.calibration",
            "calibration",
        ),
        ({"massive": {"every_s": 0}}, "SOURCES_INVALID", "massive.every_s", "config.json"),
        ({"aws": {"region": "nowhere"}}, "CONFIG_INVALID", "aws.region", "config.json"),
        ({"backtest": {"costs": "stock"}}, "CONFIG_INVALID", "backtest.costs", "config.json"),
    ],
)
def test_what_cannot_be_meant_names_field_and_fix(
    document: Any, code: str, field: str, hint: str
) -> None:
    error = refusal(document)
    assert (error.code, error.field) == (code, field)
    assert hint in error.fix
    assert isinstance(error, InputError)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"trading": {"cycle_s": 5,}}', "line 1, column"),
        ("[]", "it is not a JSON object"),
        ('{"trading": {}, "trading": {}}', "trading stands twice in one object"),
        ('{"trading": {"cycle_s": NaN}}', "NaN is no JSON"),
        ("[" * 100_000, ""),
    ],
)
def test_a_file_that_is_no_json_says_where(text: str, why: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_config(text, {})
    assert caught.value.code == "CONFIG_NOT_JSON"
    assert why in caught.value.message


def test_the_environment_goes_before_the_file() -> None:
    document = {"trading": {"min_confidence": 80}, "strategy": {"required": ["massive"]}}
    config = parse(
        document,
        ARGOS_TRADING_MIN_CONFIDENCE="90",
        ARGOS_TRADING_MAX_DRAWDOWN_PCT="null",
        ARGOS_TRADING_AUTO_EXECUTE="true",
        ARGOS_STRATEGY_REQUIRED="massive,sonar",
        ARGOS_STRATEGY_CUT_S_SONAR="600",
        ARGOS_SOURCES_SYMBOLS="IBM",
        ARGOS_ALPACA_DEV_API_KEY="K1",
        ARGOS_ALPACA_DEV_SECRET_KEY="S1",
        ARGOS_HOME="elsewhere",
        ARGOS_GATEWAY_PORT="1",
    )
    assert config.signals.min_confidence == Decimal("0.9")
    assert config.signals.max_drawdown_fraction is None
    assert config.signals.auto_execute
    assert [item.source for item in config.signals.consensus.sources if item.required] == [
        "massive",
        "sonar",
    ]
    assert {item.source: item.cut_s for item in config.signals.consensus.sources}["sonar"] == 600
    assert config.signals.symbols == ("IBM",)
    assert (config.alpaca.key_id, config.alpaca.secret_key) == ("K1", "S1")
    assert config.origins["trading.min_confidence"] == "ARGOS_TRADING_MIN_CONFIDENCE"
    assert config.origins["sources.symbols"] == "ARGOS_SOURCES_SYMBOLS"
    assert config.origins["strategy.required"] == "ARGOS_STRATEGY_REQUIRED"


def test_weights_in_the_environment_begin_with_those_of_the_file_or_as_shipped() -> None:
    two = {"ARGOS_STRATEGY_WEIGHTS_MASSIVE": "45", "ARGOS_STRATEGY_WEIGHTS_SONAR": "10"}
    weights = {item.source: item.weight for item in parse(**two).signals.consensus.sources}
    assert weights["massive"] == Decimal("0.45")
    assert weights["alpha_vantage"] == Decimal("0.25")
    whole = '{"massive": 70, "sonar": 30}'
    rules = parse(ARGOS_STRATEGY_WEIGHTS=whole, ARGOS_STRATEGY_SOURCES_MIN="2").signals.consensus
    assert [item.weight for item in rules.sources] == [Decimal("0.7"), Decimal("0.3")]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("ARGOS_TRADING_MIN_CONFIDENC", "ARGOS_TRADING_MIN_CONFIDENCE"),
        ("ARGOS_ALPACA_API_KEY", "ARGOS_ALPACA_DEV_API_KEY"),
        ("ARGOS_STRATEGY_WEIGHTS_TWITTER", "ARGOS_STRATEGY_WEIGHTS"),
    ],
)
def test_a_variable_that_sets_nothing_is_refused(name: str, hint: str) -> None:
    error = refusal({}, **{name: "1"})
    assert (error.code, error.field) == ("CONFIG_VARIABLE_UNKNOWN", name)
    assert hint in error.fix


def test_an_error_in_a_variable_says_so() -> None:
    assert "ARGOS_TRADING_CYCLE_S" in refusal({}, ARGOS_TRADING_CYCLE_S="0").fix


def test_v2_at_the_end_of_an_address_is_taken_off() -> None:
    account = {"base_url": "https://paper-api.alpaca.markets/v2/"}
    config = parse({"alpaca": {"dev": account}})
    assert config.alpaca.base_url == "https://paper-api.alpaca.markets"


def test_an_exchange_on_this_machine_gives_data_and_stream_too() -> None:
    config = parse({"alpaca": {"dev": {"base_url": "http://127.0.0.1:9099"}}})
    assert config.alpaca.data_url == "http://127.0.0.1:9099"
    assert config.alpaca.stream_url == "ws://127.0.0.1:9099/stream"


def test_what_may_surprise_is_told() -> None:
    notes = " / ".join(
        parse(
            {
                "massive": {"every_s": 90},
                "trading": {"min_confidence": 90, "position_size_pct": 20, "auto_execute": True},
                "aws": {"secret_id": "argos"},
            }
        ).notes
    )
    for words in (
        "fixture servers answer",
        "massive: a vote comes every 90 s and is too old after 60 s",
        "min_confidence is above strategy.threshold_pct",
        "position_size_pct is above 15",
        "signals become intents for the route paper",
        "alpaca.dev has no keys",
        "AWS is not asked in dev",
    ):
        assert words in notes
