"""The pages of searches and walk-forwards in a real browser."""

import pytest

from argos.backtest.strategies.ema_cross import EmaCross
from argos.backtest.walkforward import walk_forward
from argos.backtest.windows import Windows
from argos.studies.searching import search
from argos.tearsheet.search_page import search_sheet
from argos.tearsheet.walk_page import walk_sheet
from unit.tearsheet.conftest import market, provenance_of  # noqa: F401 - a fixture

pytestmark = pytest.mark.acceptance

WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
GROUND = "getComputedStyle(document.querySelector('section:nth-of-type(2)')).backgroundColor"
SETS = [{"fast": fast, "slow": slow} for fast in (3, 5, 8) for slow in (13, 21, 34)]


@pytest.fixture(params=["search", "walk"])
def sheet(request, market, tmp_path):  # noqa: F811 - the fixture imported above
    bars = market.only(0)
    windows = Windows(train=800, test=400)
    walk = walk_forward(EmaCross(), bars, SETS, windows=windows)
    origin = provenance_of(walk.result)
    if request.param == "walk":
        html = walk_sheet(walk, origin, bars=bars)
    else:
        html = search_sheet(
            search(EmaCross(), bars, ["fast=2..12:2", "slow=10..60:10"], threads=1), origin
        )
    path = tmp_path / "sheet.html"
    path.write_text(html, encoding="utf-8")
    return path


async def test_it_is_drawn_and_fits_a_screen_and_a_phone_in_light_and_dark(page, sheet):
    await page.look(width=1280)
    await page.open(sheet)
    assert page.errors == []
    assert page.requests == [sheet.as_uri()]
    light = await page.tell(GROUND)
    await page.look(width=1280, dark=True)
    assert await page.tell(GROUND) != light
    await page.look(width=360)
    assert await page.tell("innerWidth") == 360
    assert await page.tell(WIDER) <= 0
    assert await page.tell("document.querySelectorAll('svg.plot').length") >= 3
