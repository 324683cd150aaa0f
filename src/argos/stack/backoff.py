"""How long to wait before a process that died is started again."""

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Backoff:
    """Doubles from `first_s` up to `longest_s`; starts over after a life of at least `calm_s`."""

    first_s: float = 0.2
    longest_s: float = 10.0
    calm_s: float = 30.0
    _deaths: int = 0

    def next_delay_s(self, *, lived_s: float) -> float:
        """The wait after a death, given how long the process had lived."""
        if lived_s >= self.calm_s:
            self._deaths = 0
        # The exponent is bounded so that years of deaths cannot overflow a float.
        delay_s = min(self.longest_s, self.first_s * 2.0 ** min(self._deaths, 32))
        self._deaths += 1
        return delay_s
