"""The document of a configuration: whole, without secrets, and read back to the same."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from argos.config.document import SECRET_PATHS, changes, leaves, secrets_in, without_secrets
from argos.config.percent import fraction, percent_json, percent_of
from argos.config.read import parse_config
from argos.config.refusals import TOP, known_fields
from argos.config.variables import PLACES, put, settable, variable_name
from argos.core.canonical import sha256_of
from argos.core.errors import ArgosError
from argos.sources.settings import PROVIDERS, SourcesSettings

MARK = "Zq9SECRETq9Z"
SECRET_FILE = {
    **{name: {"api_key": f"{MARK}-{name}"} for name in PROVIDERS if name != "x_api"},
    "x_api": {"bearer_token": f"{MARK}-x"},
    "alpaca": {
        "dev": {"api_key": f"{MARK}-dk", "secret_key": f"{MARK}-ds"},
        "production": {"api_key": f"{MARK}-pk", "secret_key": f"{MARK}-ps"},
    },
}


def parse(document: Any, **environ: str) -> Any:
    return parse_config(json.dumps(document), environ)


PERCENT = st.one_of(
    st.integers(2, 99), st.decimals("0.01", "99", places=2).map(lambda number: f"{number}%")
)
TRADING = st.fixed_dictionaries(
    {},
    optional={
        "min_confidence": st.integers(50, 100) | st.just(0),
        "auto_execute": st.booleans(),
        "position_size_pct": PERCENT,
        "max_drawdown_pct": st.none() | PERCENT,
        "stop_loss_pct": st.none() | PERCENT,
        "take_profit_pct": st.none() | PERCENT,
        "time_stop_s": st.none() | st.integers(1, 10**6),
        "session": st.sampled_from(["auto", "us_equities", "always"]),
        "cycle_s": st.integers(1, 300) | st.floats(1, 300),
        "intent_ttl_s": st.integers(1, 3600),
    },
)


@st.composite
def weights(draw: st.DrawFn) -> dict[str, Any]:
    """Four weights that add up to 100, in hundredths of a percent, as numbers or as text with a sign."""
    cuts = sorted(draw(st.sets(st.integers(1, 9_999), min_size=3, max_size=3)))
    parts = [b - a for a, b in zip([0, *cuts], [*cuts, 10_000], strict=True)]
    return {name: f"{Decimal(part) / 100}%" for name, part in zip(PROVIDERS, parts, strict=True)}


DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "trading": TRADING,
        "strategy": st.fixed_dictionaries(
            {"weights": weights()},
            optional={
                "cooldown_s": st.integers(0, 10_000),
                "method": st.sampled_from(["weighted_vote", "log_pool"]),
                "exponent": st.decimals("0.1", "10", places=2).map(str),
                "required": st.lists(st.sampled_from(PROVIDERS), unique=True),
            },
        ),
        "massive": st.fixed_dictionaries(
            {"every_s": st.floats(0.5, 600)},
            optional={"usd_per_day": st.decimals(0, 9, places=2).map(str)},
        ),
        "backtest": st.fixed_dictionaries({"initial_cash": st.integers(1, 10**9)}),
    },
)


@given(DOCUMENTS)
def test_the_document_read_again_is_the_same_configuration(document: dict[str, Any]) -> None:
    first = parse(document)
    again = parse(without_secrets(first.document))
    assert again.digest == first.digest
    assert again.document == first.document
    assert again.signals == first.signals
    assert again.sources == first.sources
    assert again.backtest == first.backtest
    assert first.digest == sha256_of(first.document)
    assert json.loads(json.dumps(first.document)) == first.document


@given(st.decimals("0.0001", "100", places=4))
def test_a_percentage_reads_back_as_itself(number: Decimal) -> None:
    written = percent_json(number)
    assert percent_of(written) == number
    assert fraction(number) * 100 == number


def test_no_secret_is_in_the_document_and_whether_it_is_set_is() -> None:
    config = parse(SECRET_FILE)
    flat = dict(leaves(config.document))
    assert all(flat[path] is True for path in SECRET_PATHS)
    assert not any(dict(leaves(parse({}).document))[path] for path in SECRET_PATHS)
    assert parse({}).digest != config.digest
    for shown in (config, config.document, config.file, config.signals, config.alpaca, config.aws):
        assert MARK not in repr(shown)
    assert MARK not in json.dumps(config.file)


def test_another_secret_is_the_same_configuration() -> None:
    other = json.loads(json.dumps(SECRET_FILE).replace(MARK, "elsewise"))
    assert parse(other).digest == parse(SECRET_FILE).digest


def test_where_a_secret_comes_from_changes_no_digest() -> None:
    held = {"alpaca": {"dev": {"api_key": "K", "secret_key": "S"}}}
    from_file = parse(held)
    from_environment = parse({}, APCA_API_KEY_ID="K", APCA_API_SECRET_KEY="S")
    assert from_file.digest == from_environment.digest
    assert from_file.file != from_environment.file or not from_file.file["alpaca"]["dev"]


BREAKS = [
    {"trading": {"min_confidence": MARK}},
    {"trading": {"cycle_s": MARK}},
    {"trading": {"auto_execute": MARK}},
    {"trading": MARK},
    {"environment": MARK},
    {"massive": {"every_s": MARK}},
    {"massive": MARK},
    {"sources": {"symbols": [MARK.lower()]}},
    {"strategy": {"weights": {"massive": MARK}}},
    {"strategy": {"name": f" {MARK}"}},
    {"strategy": {"calibration": {"slope": MARK}}},
    {"alpaca": {"dev": {"api_key": [MARK]}}},
    {"alpaca": {"dev": {"base_url": f"https://user:{MARK}@paper-api.alpaca.markets"}}},
    {"alpaca": {"production": {"secret_key": MARK, "api_key": ""}}},
    {
        "alpaca": {
            "dev": {"api_key": MARK, "secret_key": MARK},
            "production": {"api_key": MARK, "secret_key": "x"},
        }
    },
    {"aws": {"endpoint_url": f"http://{MARK}"}},
]


@pytest.mark.parametrize("broken", BREAKS)
def test_no_error_tells_a_value(broken: dict[str, Any]) -> None:
    with pytest.raises(ArgosError) as caught:
        parse({**SECRET_FILE, **broken})
    error = caught.value
    assert MARK not in f"{error} {error!r} {error.fix} {error.field}"
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None


PATHS = sorted(f"{place}.{name}" for place, names in known_fields().items() for name in names)
ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ["50%", "%", "1e999", "null", "https://[", "ws://h", "9" * 500, "2010-01-01"]
    ),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2)
    ),
    max_leaves=4,
)


@given(st.sampled_from([*PATHS, "environment"]), ODD)
def test_whatever_is_written_somewhere_is_read_or_refused_with_a_code(path: str, odd: Any) -> None:
    document: dict[str, Any] = {}
    put(document, path, odd)
    refused = None
    try:
        parse(document)
    except ArgosError as error:
        refused = error
    assert refused is None or (refused.code and refused.fix)


def test_broken_json_tells_no_content() -> None:
    with pytest.raises(ArgosError) as caught:
        parse_config(json.dumps(SECRET_FILE)[:-1] + MARK, {})
    assert MARK not in f"{caught.value} {caught.value.fix}"


def test_the_secret_names_are_all_that_are_typed_as_secret() -> None:
    def typed(model: type[BaseModel], place: str) -> set[str]:
        found = set()
        for name, info in model.model_fields.items():
            kind = info.annotation
            if kind is SecretStr:
                found.add(f"{place}{name}")
            elif isinstance(kind, type) and issubclass(kind, BaseModel):
                found |= typed(kind, f"{place}{name}.")
        return found

    places = {path for place, model in PLACES.items() for path in typed(model, f"{place}.")}
    assert {*SECRET_PATHS} == places | typed(SourcesSettings, "")


def test_the_document_holds_every_setting_there_is() -> None:
    document = parse({}).document
    assert {*document} == {*TOP}
    flat = {path for path, _ in leaves(document)}
    for place, fields in known_fields().items():
        for field in fields - {"bearer_token"}:
            path = f"{place}.{field}"
            assert any(name == path or name.startswith(f"{path}.") for name in flat), path


def test_every_setting_has_one_variable() -> None:
    names = [variable_name(path) for path in settable()]
    assert len(set(names)) == len(names)


def test_secrets_are_found_and_left_out_under_the_names_of_the_file() -> None:
    found = secrets_in(SECRET_FILE)
    assert found["x_api.bearer_token"] == f"{MARK}-x"
    assert len(found) == len(SECRET_PATHS)
    kept = without_secrets({**SECRET_FILE, "trading": {"cycle_s": 5}})
    assert kept["trading"] == {"cycle_s": 5}
    assert kept["alpaca"] == {"dev": {}, "production": {}}


def test_changes_name_what_differs() -> None:
    before, after = parse({}).document, parse({"trading": {"stop_loss_pct": None}}).document
    assert [(item.path, item.before, item.after) for item in changes(before, after)] == [
        ("trading.stop_loss_pct", 2, None)
    ]
    assert changes(before, before) == ()


def test_the_settings_carry_digest_and_document() -> None:
    config = parse({})
    assert config.signals.config_digest == config.digest
    assert config.signals.config_document == config.document
    bare = replace(config.signals, config_digest="", config_document={})
    assert bare != config.signals
