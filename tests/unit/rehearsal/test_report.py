import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from importlib.resources import files
from random import Random

import pytest

from argos.rehearsal.charts import Curve, DatedValue, Mark
from argos.rehearsal.report import (
    AccountResult,
    AlertCounts,
    Latency,
    LifeOfAlert,
    LifeStep,
    PriceHistory,
    ReasonCount,
    ReportData,
    Slippage,
    bps_text,
    money_text,
    ms_text,
    percent_text,
    render_report,
)

FIRST = date(2008, 1, 2)
DAYS = 700


def cents(value: float) -> Decimal:
    return Decimal(round(value * 100)) / 100


def made_up_account(draw, name, character, *, slowness):
    total, points = 0.0, []
    for number in range(DAYS):
        total += draw.gauss(2, 90)
        points.append(DatedValue(date=FIRST + timedelta(days=number * 1.45), value=cents(total)))
    latencies = tuple(cents(slowness * draw.lognormvariate(0, 0.45)) for _ in range(600))
    return AccountResult(
        account=name,
        character=character,
        currency="USD",
        trades=352,
        fill_ratio=Decimal("0.9874"),
        slippage_bps=Slippage(signal=Decimal("1.84"), arrival=Decimal("1.52"), broker=None),
        latency_ms=Latency(p50=cents(slowness), p95=cents(slowness * 2), p99=cents(slowness * 3)),
        commission=Decimal("1204.5"),
        swap=Decimal("-36.12"),
        net_cost=Decimal("3120.44"),
        net_pnl=cents(total),
        pnl=Curve(name=name, points=tuple(points)),
        latencies_ms=latencies,
        slippages_bps=tuple(cents(draw.gauss(1.8, 2.4)) for _ in range(600)),
    )


def made_up_prices(draw, symbol, price):
    points, marks = [], []
    for number in range(DAYS):
        price *= 1 + draw.gauss(0.0003, 0.02)
        day = FIRST + timedelta(days=number * 1.45)
        points.append(DatedValue(date=day, value=cents(price)))
        if number % 8 == 0:
            kind = ("buy", "sell", "exit")[number // 8 % 3]
            marks.append(Mark(date=day, price=cents(price), kind=kind, text=f"{kind} {symbol}"))
    return PriceHistory(closes=Curve(name=symbol, points=tuple(points)), marks=tuple(marks))


def made_up_report(seed: int = 1) -> ReportData:
    draw = Random(seed)
    reasons = (
        ReasonCount(code="JSON_MALFORMED", count=8, meaning="a brace is missing"),
        ReasonCount(
            code="INTENT_PLACEHOLDER_UNRESOLVED", count=7, meaning="{{...}} left as it was"
        ),
        ReasonCount(code="EVENT_CONFLICT", count=7, meaning="same id, other content"),
        ReasonCount(code="UNAUTHORISED", count=6),
        ReasonCount(code="ALERT_STALE", count=21, by="risk", meaning="older than the route allows"),
        ReasonCount(code="SIZE_BELOW_MINIMUM", count=18, by="risk"),
    )
    steps = (
        ("0", "received", "", "POST /hooks/tradingview, 412 bytes"),
        ("2.1", "stored", "", "commit; 202 answered"),
        ("4.8", "decided", "", "route demo, 3 legs, all gates passed"),
        ("6.9", "leased", "mt5-hedge", "command taken by its node"),
        ("9.4", "sent", "mt5-hedge", "SEND_STARTED in the node's log, then the wire"),
        ("38.2", "filled", "mt5-hedge", "120 AAPL at 17.46, +1.1 bps"),
        ("61.7", "reconciled", "mt5-hedge", "leg agrees with the broker"),
    )
    return ReportData(
        made_at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        version="0.1.0",
        seed=seed,
        first_day=FIRST,
        last_day=date(2010, 10, 8),
        days=DAYS,
        seconds=Decimal("61.4"),
        alerts=AlertCounts(sent=842, accepted=760, duplicate=12, refused=70, reasons=reasons),
        trades=380,
        legs=1140,
        legs_open=0,
        in_doubt=0,
        lost=0,
        doubled=0,
        accounts=(
            made_up_account(draw, "mt5-hedge", "MT5-like, hedging", slowness=31),
            made_up_account(draw, "mt5-net", "MT5-like, netting", slowness=34),
            made_up_account(draw, "alpaca", "Alpaca-like", slowness=18),
        ),
        prices=tuple(
            made_up_prices(draw, symbol, price)
            for symbol, price in (("AAPL", 25.0), ("MSFT", 28.0), ("IBM", 92.0), ("GOOG", 340.0))
        ),
        life=LifeOfAlert(
            trade_id="ema-AAPL-0017",
            summary="A market entry with stop and target.",
            steps=tuple(
                LifeStep(ms=Decimal(ms), stage=stage, account=account, what=what)
                for ms, stage, account, what in steps
            ),
        ),
    )


class Page(HTMLParser):
    """Checks that tags are balanced and collects what the tests ask about."""

    VOID = frozenset({"meta", "br", "link", "img", "input", "hr"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open_tags: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open_tags.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open_tags.pop() == tag

    def handle_data(self, data):
        if self.open_tags and self.open_tags[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


@pytest.fixture(scope="module")
def html():
    return render_report(made_up_report())


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


def test_every_tag_is_closed(page):
    assert page.open_tags == []


def test_the_page_loads_nothing_from_anywhere(html, page):
    assert not any({"src", "href", "xlink:href", "srcset"} & attrs.keys() for _, attrs in page.tags)
    assert not {"script", "link", "iframe", "img"} & {tag for tag, _ in page.tags}
    assert "url(" not in html
    assert "@import" not in html


def test_it_says_in_words_what_is_not_real(page):
    for words in (
        "real daily bars",
        "The path inside a day is made up",
        "Time is compressed",
        "Brokers are simulated",
        "Market impact",
        "no advice",
    ):
        assert words in page.text


def test_headline_numbers_and_every_account_are_shown(page):
    data = made_up_report()
    for number in (data.alerts.sent, data.alerts.accepted, data.trades):
        assert f"{number:,}" in page.text
    for result in data.accounts:
        assert result.account in page.text
        assert money_text(result.net_pnl) in page.text
    for reason in data.alerts.reasons:
        assert reason.code in page.text


def test_what_was_not_measured_is_a_dash_and_never_a_zero(page):
    assert "quote at send \u2013 \u2013 \u2013" in page.text


def test_every_chart_has_a_name_for_those_who_cannot_see_it(page):
    charts = [attrs for tag, attrs in page.tags if tag == "svg" and "role" in attrs]
    data = made_up_report()
    line_charts, histograms = 1 + len(data.prices), 2 * len(data.accounts)
    assert len(charts) == 2 * line_charts + histograms
    assert all(attrs["aria-label"] for attrs in charts)


def test_text_from_outside_cannot_become_markup():
    data = made_up_report()
    life = replace(data.life, summary="<script>alert(1)</script>", trade_id='"><b>')
    html = render_report(replace(data, life=life))
    assert "<script" not in html
    assert Page(html).open_tags == []


def test_a_rehearsal_in_which_nothing_happened_still_has_a_report():
    data = made_up_report()
    idle = [
        replace(
            result,
            fill_ratio=None,
            slippage_bps=Slippage(signal=None, arrival=None, broker=None),
            latency_ms=Latency(p50=None, p95=None, p99=None),
            pnl=Curve(name=result.account, points=()),
            latencies_ms=(),
            slippages_bps=(),
        )
        for result in data.accounts
    ]
    empty = replace(
        data, accounts=tuple(idle), prices=(), life=None, alerts=replace(data.alerts, reasons=())
    )
    page = Page(render_report(empty))
    assert page.open_tags == []
    assert "No fills." in page.text


def test_a_loss_of_alerts_is_shown_as_bad_news():
    html = render_report(replace(made_up_report(), lost=2))
    assert re.search(r'<li class="bad"><b>2</b><span>lost', html)


def test_numbers_are_written_for_people():
    assert money_text(Decimal("-1234.5")) == "\u22121,234.50"
    assert money_text(Decimal("-0.001")) == "0.00"
    assert bps_text(Decimal("1.875")) == "1.88"
    assert ms_text(Decimal("99.94")) == "99.9"
    assert ms_text(Decimal("1234.5")) == "1,234"
    assert percent_text(Decimal("0.98765")) == "98.8\u00a0%"
    assert bps_text(None) == ms_text(None) == percent_text(None) == "\u2013"


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_colours_keep_the_contrast_of_wcag_aa(theme):
    css = files("argos.rehearsal").joinpath("templates", "style.css").read_text()
    block = re.findall(r":root \{(.*?)\}", css, re.DOTALL)[theme]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
    for ground in ("page", "card", "warn-bg"):
        assert contrast(colours["text"], colours[ground]) >= 4.5
    for ink in ("soft", "good", "bad", "s1", "s2", "s3", "s4"):
        for ground in ("page", "card"):
            assert contrast(colours[ink], colours[ground]) >= 4.5
    assert contrast(colours["warn-line"], colours["warn-bg"]) >= 3
