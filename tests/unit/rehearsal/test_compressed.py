from datetime import UTC, datetime

from argos.prices.place import place_at
from argos.rehearsal.compressed import EVERYDAY, source_environment
from argos.rehearsal.everyday import MarketSettings
from argos.rehearsal.market import day_ticks
from argos.rehearsal.prices import load_trading_days
from argos.sources.fixture.replay import Replay
from argos.sources.settings import parse_sources


def test_simulated_sources_tell_of_the_prices_at_which_paper_brokers_deal():
    market = MarketSettings(brokers=())
    days = load_trading_days(symbols=market.symbols, start=market.start, end=market.end)
    replay = Replay(
        seed=EVERYDAY.seed,
        day_s=EVERYDAY.day_s,
        first_day=EVERYDAY.first_day,
        ticks=EVERYDAY.ticks,
    )
    for second in range(0, 40_000_000, 7_654_321):
        now = datetime.fromtimestamp(1_795_000_000 + second, tz=UTC)
        place = place_at(
            now.timestamp(), days=len(days), ticks_per_day=market.ticks_per_day, day_s=market.day_s
        )
        prices = day_ticks(days[place.day], seed=market.seed, ticks=market.ticks_per_day)
        moment = replay.at("AAPL", now)
        assert moment is not None
        assert moment.bar.date == days[place.day].date
        assert moment.price == prices[place.tick]["AAPL"]


def test_a_source_with_a_key_is_not_hurried():
    sources = parse_sources('{"sonar": {"api_key": "k"}}', {})
    told = source_environment(sources, fixture_url="http://127.0.0.1:9", days=EVERYDAY)
    assert told["ARGOS_SOURCES_FIXTURE_URL"] == "http://127.0.0.1:9"
    assert "ARGOS_X_API_EVERY_S" in told
    assert not [name for name in told if name.startswith("ARGOS_SONAR")]
    hurried = parse_sources('{"sonar": {"api_key": "k"}}', told)
    assert hurried.x_api.every_s < sources.x_api.every_s
    assert hurried.sonar == sources.sonar
