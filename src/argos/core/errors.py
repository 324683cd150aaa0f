"""Errors by what they mean to the caller. Each carries a code; HTTP status is mapped at the edge alone.

ArgosError
  InputError          what somebody gave us cannot be used; nothing was done
  VenueError
    VenueRefused      the venue answered no; definite
    VenueUnreachable  no usable answer; the outcome is open
  StoreError          the database could not do it; it may be tried again
  InvariantError      something we hold for impossible has happened
"""

from typing import Any, ClassVar


class ArgosError(Exception):
    """Base of all errors raised on purpose. `str()` reads `CODE: message`."""

    default_code: ClassVar[str] = "ARGOS_ERROR"

    def __init__(
        self, message: str, *, code: str | None = None, field: str | None = None, fix: str = ""
    ) -> None:
        self.code = code or self.default_code
        self.message = message
        self.field = field
        self.fix = fix
        super().__init__(f"{self.code}: {message}")

    def __reduce__(self) -> tuple[Any, ...]:
        """Comes out of another process as it went in; what takes the arguments again would give it a second code."""
        return _as_it_was, (type(self), self.args, self.__dict__)


class InputError(ArgosError):
    """What was given cannot be used; `field` names the place and `fix` says what to do."""

    default_code = "INPUT_INVALID"


class VenueError(ArgosError):
    """A venue did not do what was asked."""

    default_code = "VENUE_ERROR"


class VenueRefused(VenueError):
    """The venue evaluated the request and said no: nothing happened there."""

    default_code = "VENUE_REFUSED"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        venue_code: str = "",
        retryable: bool = False,
    ) -> None:
        self.venue_code = venue_code
        self.retryable = retryable
        super().__init__(message, code=code)


class VenueUnreachable(VenueError):
    """No usable answer: a timeout, a cut link, a reply that says the outcome is unknown.

    After a send this means doubt, never refusal. After a query it means "no observation".
    """

    default_code = "VENUE_UNREACHABLE"


class StoreError(ArgosError):
    """The database could not store or read; the same call may be tried again."""

    default_code = "STORE_UNAVAILABLE"


class InvariantError(ArgosError):
    """A thing that cannot be has happened: a bug, or data that was tampered with."""

    default_code = "INVARIANT_BROKEN"


def _as_it_was(kind: type[ArgosError], args: tuple[Any, ...], state: dict[str, Any]) -> ArgosError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error
