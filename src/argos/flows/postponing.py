"""Steps that failed are tried again later, ever more slowly, a bounded number of times."""

from typing import Final, Protocol

from argos.core.errors import ArgosError

UNFORESEEN: Final = (
    ArgosError,
    ArithmeticError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
)
"""What a step may raise over one piece of work that nobody thought of: it must not hold up the rest."""
ATTEMPTS_MAX: Final = 8
BACKOFF_S_MAX: Final = 30.0


class PostponeStore(Protocol):
    """Sets steps of the outbox back; True when one was tried often enough and is left to a person."""

    async def postpone(
        self, outbox_ids: list[int], *, error: str, delay_s: float, attempts_max: int
    ) -> bool: ...


async def postpone_step(
    store: PostponeStore, *, outbox_id: int, attempts: int, error: Exception
) -> bool:
    """Try a step again later; True when it is given up instead."""
    return await store.postpone(
        [outbox_id],
        error=f"{type(error).__name__}: {error}",
        delay_s=min(BACKOFF_S_MAX, 0.1 * 2**attempts),
        attempts_max=ATTEMPTS_MAX,
    )
