"""The `MetaTrader5` package as far as we call it, and the one place where it is imported.

It is for Windows only, synchronous, and talks to one terminal over a pipe that is not safe for threads.
Source: MQL5 reference, "Integration / Python"; the package's constants end at return code 10045.
"""

import importlib
from datetime import datetime
from types import ModuleType
from typing import Any, Final, Protocol, cast

from argos.core.errors import InputError

Row = Any
"""A named tuple of the package: floats for prices, whole numbers for tickets, times by the broker's clock."""

DEAL, PENDING, SLTP, MODIFY, REMOVE = 1, 5, 6, 7, 8
TIME_GTC, TIME_DAY, TIME_SPECIFIED = 0, 1, 2

NO_TERMINAL: Final = -10003
LINK_LOST: Final = frozenset({-10000, -10001, -10002, NO_TERMINAL, -10004, -10005})
"""Codes of `last_error` after which the terminal has to be attached anew: IPC not made, cut or silent."""
UNAUTHORISED: Final = -6


class Package(Protocol):
    """Queries answer None when they failed; an empty tuple says "none". `last_error` then tells why."""

    def initialize(self, path: str = ..., *, timeout: int = ..., portable: bool = ...) -> bool: ...

    def login(
        self, login: int, *, password: str = ..., server: str = ..., timeout: int = ...
    ) -> bool: ...

    def shutdown(self) -> None: ...

    def last_error(self) -> tuple[int, str]: ...

    def version(self) -> tuple[int, int, str] | None: ...

    def terminal_info(self) -> Row | None: ...

    def account_info(self) -> Row | None: ...

    def symbols_get(self) -> tuple[Row, ...] | None: ...

    def symbol_info(self, symbol: str, /) -> Row | None: ...

    def symbol_info_tick(self, symbol: str, /) -> Row | None: ...

    def symbol_select(self, symbol: str, enable: bool, /) -> bool: ...

    def orders_total(self) -> int | None: ...

    def orders_get(self) -> tuple[Row, ...] | None: ...

    def positions_total(self) -> int | None: ...

    def positions_get(self) -> tuple[Row, ...] | None: ...

    def history_deals_total(self, date_from: datetime, date_to: datetime, /) -> int | None: ...

    def history_deals_get(
        self, date_from: datetime = ..., date_to: datetime = ..., /, *, ticket: int = ...
    ) -> tuple[Row, ...] | None:
        """By a window of the broker's clock, or by the *order's* ticket, which then is the only filter."""
        ...

    def history_orders_get(
        self, date_from: datetime, date_to: datetime, /
    ) -> tuple[Row, ...] | None: ...

    def order_send(self, request: dict[str, Any], /) -> Row | None: ...


def load_package(name: str = "MetaTrader5") -> Package:
    """The installed package. Raises InputError MT5_PACKAGE_MISSING."""
    try:
        module: ModuleType = importlib.import_module(name)
    except ImportError as error:
        raise InputError(
            f"the Python package {name} cannot be loaded: {error}",
            code="MT5_PACKAGE_MISSING",
            fix="on Windows install Argos with its extra mt5; elsewhere name a stand-in in the node file",
        ) from error
    return cast(Package, module)
