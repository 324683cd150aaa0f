"""A line of the report."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A figure in words. `goal` is the bound that we set ourselves: at most, or at least when `rising`."""

    name: str
    words: str
    unit: str = ""
    goal: float | None = None
    rising: bool = False

    def reached(self, value: float) -> bool | None:
        if self.goal is None:
            return None
        return value >= self.goal if self.rising else value <= self.goal
