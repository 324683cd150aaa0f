"""The connection to one terminal: attached, watched, attached anew. Its methods run in the terminal's thread."""

from collections.abc import Sequence
from typing import Any, Final, TypeVar

import structlog

from argos.core.errors import VenueRefused, VenueUnreachable
from argos.venues.mt5.package import LINK_LOST, NO_TERMINAL, UNAUTHORISED, Package, Row
from argos.venues.mt5.settings import TerminalSettings, account_objection

_T = TypeVar("_T")
_LOG: Final = structlog.get_logger(__name__)

FIXES: Final = {
    NO_TERMINAL: "no terminal found: give its path, and run the node as the Windows user who runs the terminal",
    UNAUTHORISED: "the broker refused the login: check login, server and password",
    -10004: "no link to the terminal: same Windows user, same elevation, no dialog open?",
    -10005: "the terminal does not answer: is a login or update dialog open?",
}


class TerminalLink:
    """`sessions` counts attachments: when it rises, what the terminal tells of the past may lag behind.

    `account` and `terminal`: what was told of them last, None before. `fifo`: the account closes first in, first out.
    """

    def __init__(self, package: Package, settings: TerminalSettings) -> None:
        self.package = package
        self.sessions = 0
        self.account: Row | None = None
        self.terminal: Row | None = None
        self._settings = settings
        self._attached = False

    def ensure(self) -> None:
        """Attached, and to our account. Raises VenueUnreachable; nothing was asked or sent then.

        A person may have logged another account in: no order of ours may ever reach that one.
        """
        if not self._attached:
            self._attach()
        account = self.told(self.package.account_info(), what="account")
        objection = account_objection(
            self._settings,
            login=account.login,
            trade_mode=account.trade_mode,
            margin_mode=account.margin_mode,
        )
        if objection:
            raise VenueUnreachable(objection, code="VENUE_WRONG_ACCOUNT")
        self.account = account

    @property
    def fifo(self) -> bool:
        return self.account is not None and bool(self.account.fifo_close)

    def ensure_online(self) -> Row:
        """The terminal's own state; VenueUnreachable unless it is connected to the broker.

        Offline it goes on answering queries, with what it knew before.
        """
        self.ensure()
        terminal = self.terminal = self.told(self.package.terminal_info(), what="terminal")
        if not terminal.connected:
            raise VenueUnreachable(
                "the terminal is not connected to its broker", code="VENUE_TERMINAL_OFFLINE"
            )
        return terminal

    def told(self, answer: _T | None, *, what: str) -> _T:
        """`answer`, unless it is None, which says that nothing was observed. Never to be read as "none"."""
        if answer is not None:
            return answer
        raise self.failure(what)

    def failure(self, what: str) -> VenueUnreachable:
        """The last error, and what it means for the link: the next call attaches anew when it was lost."""
        code, text = self.package.last_error()
        if code in LINK_LOST:
            self._attached = False
        return VenueUnreachable(f"{what}: {code} {text}", code="VENUE_NOT_SERVED")

    def select(self, symbol: str) -> Row:
        """The symbol's terms, shown in Market Watch, without which it has no quotes.

        Raises VenueRefused VENUE_SYMBOL_UNKNOWN, or VenueUnreachable when the terminal did not say.
        """
        info = self.package.symbol_info(symbol)
        if info is None:
            code, _ = self.package.last_error()
            if code in LINK_LOST:
                raise self.failure(symbol)
            raise VenueRefused(
                f"no symbol {symbol} here; nothing was sent", code="VENUE_SYMBOL_UNKNOWN"
            )
        if not info.visible and not self.package.symbol_select(symbol, True):
            raise self.failure(f"select {symbol}")
        return info

    def shown(self) -> Sequence[Row]:
        """The symbols that are kept up to date here: those of the settings, else all in Market Watch."""
        if self._settings.symbols:
            return [self.select(name) for name in self._settings.symbols]
        symbols = self.told(self.package.symbols_get(), what="symbols")
        return [symbol for symbol in symbols if symbol.visible]

    def detach(self) -> None:
        self._attached = False
        self.package.shutdown()

    def _attach(self) -> None:
        given = self._settings
        options: dict[str, Any] = {"timeout": given.attach_timeout_ms, "portable": given.portable}
        path = (given.path,) if given.path else ()
        if self.sessions:
            self.package.shutdown()  # what is left of a link that was lost
        if not self.package.initialize(*path, **options):
            raise self._not_attached("the terminal cannot be attached")
        account = self.package.account_info()
        # Credentials only when they are needed: to give them logs a person's session out.
        if (account is None or account.login != given.login) and given.password:
            self._log_in()
        self._attached = True
        self.sessions += 1
        _LOG.info("mt5.attached", session=self.sessions, login=given.login)

    def _log_in(self) -> None:
        given = self._settings
        if not self.package.login(
            given.login,
            password=given.password,
            server=given.server,
            timeout=given.attach_timeout_ms,
        ):
            raise self._not_attached(f"login {given.login} was not granted")

    def _not_attached(self, what: str) -> VenueUnreachable:
        code, text = self.package.last_error()
        fix = FIXES.get(code, "see the terminal's journal")
        return VenueUnreachable(f"{what}: {code} {text}; {fix}", code="VENUE_TERMINAL_AWAY")
