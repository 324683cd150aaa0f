"""A chart of values over moments of one sitting; the axis counts seconds from its begin."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from argos.core.money import ZERO
from argos.rehearsal.charts import POINTS_MAX, Box, Frame, Line, LineChart
from argos.tearsheet.axes import round_range, value_ticks


def moment_chart(
    points: Sequence[tuple[datetime, Decimal]], *, name: str, box: Box, y_title: str
) -> LineChart | None:
    """One line, oldest first; None for fewer than two points."""
    if len(points) < 2:
        return None
    began_at = points[0][0]
    stride = -(-len(points) // POINTS_MAX)
    shown = [*points[:-1:stride], points[-1]]
    seconds = [Decimal(str((at - began_at).total_seconds())) for at, _ in shown]
    values = [value for _, value in shown]
    along = round_range(ZERO, seconds[-1], count=box.x_count)
    rounds = round_range(min(values), max(values), count=box.y_count)
    across, upwards = box.across(along[0], along[-1]), box.upwards(rounds[0], rounds[-1])
    path = " ".join(
        f"{across.pixel(second)},{upwards.pixel(value)}"
        for second, value in zip(seconds, values, strict=True)
    )
    return LineChart(
        frame=Frame(
            width=box.width,
            height=box.height,
            x_title="seconds",
            y_title=y_title,
            x_ticks=value_ticks(along, across),
            y_ticks=value_ticks(rounds, upwards),
        ),
        lines=(Line(name=name, number=1, path=path),),
        zero_at=None,
    )
