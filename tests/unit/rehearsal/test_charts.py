from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from argos.rehearsal.charts import (
    POINTS_MAX,
    Box,
    Curve,
    DatedValue,
    Mark,
    histograms,
    line_chart,
    percentile,
)

BOX = Box(width=400, height=240)
START = date(2008, 1, 2)
numbers = st.lists(st.decimals(-1000, 1000, places=2), min_size=1, max_size=80)


def curve(values, name="a"):
    points = (
        DatedValue(date=START + timedelta(days=number), value=Decimal(value))
        for number, value in enumerate(values)
    )
    return Curve(name=name, points=tuple(points))


def coordinates(line):
    return [tuple(map(float, pair.split(","))) for pair in line.path.split()]


@given(values=numbers)
def test_a_curve_stays_inside_its_frame(values):
    chart = line_chart([curve(values)], box=BOX, y_title="y", with_zero=True)
    frame = chart.frame
    for x, y in coordinates(chart.lines[0]):
        assert frame.left <= x <= frame.right
        assert frame.top <= y <= frame.bottom


def test_a_higher_value_is_drawn_higher_up():
    chart = line_chart([curve([1, 5])], box=BOX, y_title="y")
    (x0, y0), (x1, y1) = coordinates(chart.lines[0])
    assert x0 < x1
    assert y0 > y1


def test_curves_share_their_axes():
    chart = line_chart([curve([0, 10]), curve([5, 5], name="b")], box=BOX, y_title="y")
    (_, low), (_, high) = coordinates(chart.lines[0])
    [(_, middle), _] = coordinates(chart.lines[1])
    assert middle == (low + high) / 2
    assert [line.number for line in chart.lines] == [1, 2]


def test_zero_is_ruled_only_where_it_lies_inside():
    assert line_chart([curve([-5, 5])], box=BOX, y_title="y").zero_at is not None
    assert line_chart([curve([50, 60])], box=BOX, y_title="y").zero_at is None


def test_a_long_curve_is_thinned_and_keeps_its_end():
    values = list(range(POINTS_MAX * 3 + 2))
    points = coordinates(line_chart([curve(values)], box=BOX, y_title="y").lines[0])
    whole = line_chart([curve([values[0], values[-1]])], box=BOX, y_title="y")
    assert len(points) <= POINTS_MAX + 1
    assert points[-1] == coordinates(whole.lines[0])[-1]


def test_a_mark_lies_on_the_curve_at_its_date():
    line = curve([10, 12, 11])
    mark = Mark(date=line.points[1].date, price=line.points[1].value, kind="buy", text="t")
    chart = line_chart([line], box=BOX, y_title="y", marks=[mark])
    assert (chart.glyphs[0].x, chart.glyphs[0].y) == coordinates(chart.lines[0])[1]


def test_without_points_there_is_no_chart():
    assert line_chart([curve([])], box=BOX, y_title="y") is None


def make_histograms(*groups):
    return histograms(groups, box=BOX, x_title="x", y_title="y", unit="ms")


def counted(chart):
    return sum(int(bar.text.rsplit(": ", 1)[1]) for bar in chart.bars)


@given(values=numbers)
def test_every_value_is_in_a_bar_or_in_the_note(values):
    [chart] = make_histograms(values)
    left_out = int(chart.note.split()[0]) if chart.note else 0
    assert counted(chart) + left_out == len(values)


@given(groups=st.lists(numbers, min_size=2, max_size=4))
def test_groups_share_their_axes(groups):
    charts = make_histograms(*groups)
    assert len({chart.frame for chart in charts}) == 1
    for chart in charts:
        for bar in chart.bars:
            assert chart.frame.left <= bar.x
            assert bar.x + bar.width <= chart.frame.right
            assert bar.y >= chart.frame.top


def test_an_empty_group_has_no_chart():
    chart, none = make_histograms([Decimal(1), Decimal(2)], [])
    assert chart is not None
    assert none is None
    assert make_histograms([], []) == (None, None)


def test_the_median_is_named():
    [chart] = make_histograms([Decimal(10), Decimal(20), Decimal(60)])
    assert chart.median.label.startswith("median 20")


def test_one_far_value_does_not_squeeze_the_others():
    near = [Decimal(number % 20) for number in range(1000)]
    [chart] = make_histograms([*near, Decimal(100_000)])
    assert chart.note == "1 of 1001 lie beyond the axis"
    assert len(chart.bars) > 5


@given(values=numbers, share=st.decimals(0, 1, places=3))
def test_a_percentile_is_a_value_that_was_seen(values, share):
    ordered = sorted(values)
    found = percentile(ordered, share)
    assert found in values
    below = sum(value <= found for value in ordered)
    assert below >= len(ordered) * share
