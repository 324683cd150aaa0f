"""The Pine library, run outside TradingView: what it writes is an intent, whatever it is given."""

import re
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.core.errors import InputError
from argos.core.ids import event_uuid
from argos.core.intent import Action
from argos.protocol.intent_body import (
    IntentBody,
    SizeBody,
    find_unresolved_placeholder,
    parse_intent_body,
)
from argos.protocol.values import parse_json
from unit.tradingview.pine import NA, Chart, pine_functions
from unit.tradingview.rendering import FOLDER, LIBRARY, samples

CHART = Chart()
PINE = pine_functions(LIBRARY, CHART)

pine_text = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"),
    min_size=1,
    max_size=20,
)
prices = st.integers(min_value=10, max_value=10**9).map(lambda ticks: ticks / 1000)


def event_id(
    *, tag: str, version: str, symbol: str, period: str, bar_ms: int, label: str, trades: int
) -> str:
    """The recipe in Python: for senders that are not Pine, and to hold the library to it."""
    parts = (tag, version, symbol, period, str(bar_ms), label, str(trades))
    return "|".join(part.replace("|", "/") for part in parts)


def new_bot(tag: str = "ema-cross", *, secret: str = "s") -> object:
    return PINE["newBot"](tag, "1.0", "paper", secret)


@given(tag=pine_text, label=pine_text, secret=pine_text, name=pine_text, price=prices)
def test_any_text_reaches_the_gateway_as_it_was_written(tag, label, secret, name, price):
    bot = new_bot(tag, secret=secret)
    research = PINE["feature"](name, price)
    text = PINE["openIntent"](bot, "t|1", label, 3, "buy", price, features=research)
    if name in {"sequence", "run_started_at", "exchange", "timeframe", "bar_at"}:
        with pytest.raises(InputError, match="stands twice"):
            parse_json(text)
        return
    body = parse_intent_body(parse_json(text))
    assert body.bot_version == f"{tag}@1.0"
    assert body.secret == secret
    assert body.trade_id == "t|1"
    assert body.event_id == event_id(
        tag=tag, version="1.0", symbol="NASDAQ:AAPL", period="60",
        bar_ms=CHART.time, label=label, trades=3,
    )  # fmt: skip
    assert body.features is not None
    assert Decimal(body.features[name]) == Decimal(repr(price))


@given(price=prices, stop=prices)
def test_prices_are_written_on_the_tick_and_exactly(price, stop):
    document = parse_json(PINE["modifyIntent"](new_bot(), "t", "m", 0, stop, NA, price=price))
    for key, value in (("entry_price", price), ("sl", stop)):
        on_tick = Decimal(repr(value)).quantize(CHART.mintick, ROUND_HALF_UP)
        assert document[key] == format(on_tick, "f")
    assert document["tp"] is None


def test_one_wish_on_one_bar_has_one_identity():
    ids = {PINE["eventId"](new_bot(), "long", 4) for _ in range(3)}
    assert len(ids) == 1
    assert len({event_uuid(source="hook", event_id=each) for each in ids}) == 1


def test_label_count_bar_symbol_and_timeframe_each_part_two_events():
    charts = (
        CHART,
        Chart(ticker="MSFT"),
        Chart(prefix="BATS"),
        Chart(period="240"),
        Chart(time=CHART.time + 60_000),
    )
    wishes = [("long", 0), ("long", 1), ("exit", 0)]
    ids = {
        pine_functions(LIBRARY, chart)["eventId"](new_bot(), label, count)
        for chart in charts
        for label, count in wishes
    }
    assert len(ids) == len(charts) * len(wishes)


def test_the_trade_id_does_not_depend_on_the_bar_it_is_asked_on():
    later = pine_functions(LIBRARY, Chart(time=CHART.time + 60_000))
    opened_at = CHART.time
    assert PINE["tradeId"](new_bot(), opened_at) == later["tradeId"](new_bot(), opened_at)


def test_a_trade_id_can_be_typed_and_stand_in_an_address():
    spread = pine_functions(LIBRARY, Chart(ticker="AAPL/MSFT"))
    trade = spread["tradeId"](new_bot("a|b"), 5)
    assert trade == "a-b.NASDAQ:AAPL-MSFT.60.5"


def test_an_id_that_the_gateway_would_refuse_stops_the_script():
    with pytest.raises(ValueError, match="128 characters"):
        PINE["eventId"](new_bot(), "x" * 128, 0)


def test_the_sequence_counts_every_message_of_the_run():
    bot = new_bot()
    documents = [parse_json(PINE["cancelIntent"](bot, "t", f"c{n}", n)) for n in range(3)]
    assert [document["features"]["sequence"] for document in documents] == ["1", "2", "3"]


def test_delayed_data_is_refused_by_name():
    delayed = pine_functions(LIBRARY, Chart(prefix="NYSE_DL", ticker="IBM"))
    document = parse_json(delayed["openIntent"](new_bot(), "t", "l", 0, "buy", 140.0))
    with pytest.raises(InputError) as refusal:
        parse_intent_body(document)
    assert refusal.value.code == "INTENT_SYMBOL_DELAYED"


def test_every_function_for_an_intent_states_its_action():
    bot = new_bot()
    written = {
        Action.OPEN: PINE["openIntent"](bot, "t", "a", 0, "buy", 1.0),
        Action.REVERSE: PINE["reverseIntent"](bot, "t", "b", 0, "sell", 1.0),
        Action.CLOSE: PINE["closeIntent"](bot, "t", "c", 0),
        Action.MODIFY: PINE["modifyIntent"](bot, "t", "d", 0, 1.0, NA),
        Action.CANCEL: PINE["cancelIntent"](bot, "t", "e", 0),
    }
    assert set(written) == set(Action)
    for action, text in written.items():
        assert parse_intent_body(parse_json(text)).action is action


def test_every_key_of_the_library_belongs_to_the_contract():
    ours = {"sequence", "run_started_at", "exchange", "timeframe", "bar_at"}
    keys = set(re.findall(r'\\"(\w+)\\":', LIBRARY.read_text("utf-8")))
    assert keys - ours == keys & (IntentBody.model_fields.keys() | SizeBody.model_fields.keys())
    assert IntentBody.model_fields.keys() <= keys


@pytest.mark.parametrize("name", samples())
def test_a_sample_is_what_the_library_or_the_message_gives(name):
    assert (FOLDER / "samples" / name).read_text("utf-8").rstrip("\n") == samples()[name].rstrip(
        "\n"
    )


@pytest.mark.parametrize("name", samples())
def test_a_sample_is_taken_or_refused_as_its_name_says(name):
    text = samples()[name]
    if name == "refused_unresolved.json":
        assert find_unresolved_placeholder(text) == "{{strategy.order.price}}"
    elif name == "refused_delayed.json":
        with pytest.raises(InputError, match="INTENT_SYMBOL_DELAYED"):
            parse_intent_body(parse_json(text))
    else:
        assert find_unresolved_placeholder(text) is None
        parse_intent_body(parse_json(text))
