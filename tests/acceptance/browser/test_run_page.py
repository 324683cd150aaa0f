"""The page of a run in a real browser: opened as a file, on a screen and a phone, in light and dark."""

import json

import pytest

from argos.backtest.run import run
from argos.backtest.strategies.buy_and_hold import BuyAndHold
from argos.tearsheet.run_page import run_sheet
from unit.tearsheet.conftest import market, provenance_of, result  # noqa: F401 - fixtures

pytestmark = pytest.mark.acceptance

# How many pixels of a canvas differ from its corner: 0 on one that was never drawn on.
DRAWN = """(() => {
  const found = {};
  for (const chart of document.querySelectorAll(".chart")) {
    let many = 0;
    for (const canvas of chart.querySelectorAll("canvas")) {
      if (!canvas.width || !canvas.height) continue;
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      for (let i = 4; i < data.length; i += 4) many += data[i] !== data[0] || data[i + 1] !== data[1];
    }
    found[chart.id] = many;
  }
  return JSON.stringify(found);
})()"""
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
GROUND = "getComputedStyle(document.body).backgroundColor"
RANGE = "document.getElementById('in-view').textContent"


@pytest.fixture
def sheet(market, result, tmp_path):  # noqa: F811 - the fixtures imported above
    path = tmp_path / "run.html"
    html = run_sheet(result, provenance_of(result), benchmark=run(BuyAndHold(), market))
    path.write_text(html, encoding="utf-8")
    return path


async def test_a_page_of_a_file_draws_all_it_has_and_asks_for_nothing(page, sheet):
    await page.look(width=1280)
    await page.open(sheet)
    drawn = json.loads(await page.tell(DRAWN))
    assert set(drawn) == {"equity-chart", "rolling-chart", "exposure-chart", "candle-chart"}
    assert all(many > 500 for many in drawn.values()), drawn
    assert page.errors == []
    assert page.requests == [sheet.as_uri()]


@pytest.mark.parametrize("width", [360, 820, 1280])
async def test_nothing_is_wider_than_the_screen(page, sheet, width):
    await page.look(width=width)
    await page.open(sheet)
    assert await page.tell("innerWidth") == width
    assert await page.tell(WIDER) <= 0


async def test_dark_is_what_the_system_or_the_reader_says(page, sheet):
    await page.look(width=1280)
    await page.open(sheet)
    light = await page.tell(GROUND)
    await page.look(width=1280, dark=True)
    dark = await page.tell(GROUND)
    assert light != dark
    choose = "document.getElementById('theme').click()"
    await page.tell(choose)
    assert await page.tell(GROUND) == light
    await page.tell(choose)
    assert await page.tell(GROUND) == dark
    await page.look(width=1280)
    assert await page.tell(GROUND) == dark
    canvas = "document.querySelector('#equity-chart canvas').getContext('2d')"
    corner = await page.tell(f"Array.from({canvas}.getImageData(2, 2, 1, 1).data).slice(0, 3)")
    assert max(corner) < 60, "the charts are dark, too"


async def test_trades_are_sorted_filtered_paged_and_found_on_the_chart(page, sheet, result):  # noqa: F811
    await page.look(width=1280)
    await page.open(sheet)
    numbers = (
        "Array.from(document.querySelectorAll('#trade-table .jump'), (b) => Number(b.textContent))"
    )
    assert await page.tell(numbers) == list(range(1, 26))
    await page.tell("document.querySelector('#pages [data-page=on]').click()")
    assert await page.tell(numbers) == list(range(26, 51))
    await page.tell("document.querySelector('th[data-key=net] .sort').click()")
    best = result.trades["net_pnl"].argsort(kind="stable")[::-1][:25] + 1
    assert (await page.tell(numbers))[:3] == best[:3].tolist()
    await page.tell(
        "const side = document.querySelector('[data-filter=side]'); side.value = '-1';"
        "side.dispatchEvent(new Event('change'))"
    )
    shorts = int((result.trades["side"] < 0).sum())
    assert (
        await page.tell("document.getElementById('trade-count').textContent") == f"{shorts} trades"
    )
    before = await page.tell(RANGE)
    await page.tell("document.querySelector('#trade-table .jump').click()")
    await page.until(f"{RANGE} !== {json.dumps(before)}")
    assert (
        await page.tell("document.querySelectorAll('#trade-table [aria-current=true]').length") == 1
    )
    assert page.errors == []


async def test_a_finger_moves_the_chart_sideways_and_the_page_up_and_down(page, sheet):
    await page.look(width=360, height=780)
    await page.open(sheet)
    await page.tell("document.querySelector('#candle-chart').scrollIntoView({block: 'center'})")
    await page.tell("document.querySelector('[data-zoom=in]').click()")
    await page.tell("document.querySelector('[data-zoom=in]').click()")
    box = await page.tell(
        "(() => { const b = document.querySelector('#candle-chart').getBoundingClientRect();"
        "return [b.left + b.width / 2, b.top + b.height / 2]; })()"
    )
    x, y = box
    before = await page.tell(RANGE)
    scrolled = await page.tell("scrollY")
    await page.swipe(x, y, by_x=120)
    await page.until(f"{RANGE} !== {json.dumps(before)}")
    assert await page.tell("scrollY") == scrolled
    await page.swipe(x, y, by_y=-200)
    await page.until(f"scrollY > {scrolled} + 50")


async def test_figures_and_tables_need_no_scripts(page, sheet, result):  # noqa: F811
    await page.look(width=1280)
    await page.call("Emulation.setScriptExecutionDisabled", value=True)
    await page.call("Page.navigate", url=sheet.as_uri())
    await page.until("document.readyState === 'complete' && document.querySelector('footer')")
    text = await page.tell("document.body.innerText")
    assert "Sharpe ratio" in text
    assert "The charts over time need scripts" in text
    assert await page.tell("document.querySelectorAll('#trade-table tbody tr').length") == 25
    assert await page.tell("document.querySelectorAll('svg.plot').length") >= 4
    hidden = (
        "Array.from(document.querySelectorAll('.tools, .filters, .pages, #theme'), (e) => e.hidden)"
    )
    assert all(await page.tell(hidden))
