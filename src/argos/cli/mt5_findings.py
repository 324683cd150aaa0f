"""What can be wrong with a terminal before a node trades through it, each with its fix."""

from collections.abc import Iterator
from datetime import UTC, datetime

from argos.cli.doctor.finding import Finding, fail, ok, skipped, warn
from argos.core.errors import VenueRefused
from argos.core.intent import OrderType
from argos.venues.mt5.clock import moment_msc, offset_of
from argos.venues.mt5.link import FIXES
from argos.venues.mt5.package import Package, Row
from argos.venues.mt5.rows import row_of
from argos.venues.mt5.settings import KINDS, TerminalSettings, account_objection
from argos.venues.mt5.terms import filling_for, terms_of

_LATER = ("connection", "account", "algo trading", "symbols", "clock")
SYMBOLS_SHOWN = 200


def examine_terminal(package: Package, settings: TerminalSettings) -> Iterator[Finding]:
    """Attaches as a node does, looks at everything, lets go. Sends nothing."""
    path = (settings.path,) if settings.path else ()
    attached = package.initialize(
        *path, timeout=settings.attach_timeout_ms, portable=settings.portable
    )
    if not attached:
        yield _lost(package, "terminal", "the terminal cannot be attached")
        yield from (skipped(check, "there is no terminal") for check in _LATER)
        return
    try:
        yield from _examine(package, settings)
    finally:
        package.shutdown()


def _examine(package: Package, settings: TerminalSettings) -> Iterator[Finding]:
    account = package.account_info()
    if (account is None or account.login != settings.login) and settings.password:
        package.login(
            settings.login,
            password=settings.password,
            server=settings.server,
            timeout=settings.attach_timeout_ms,
        )
        account = package.account_info()
    terminal = package.terminal_info()
    if terminal is None:
        yield _lost(package, "terminal", "the terminal tells nothing of itself")
        return
    yield ok("terminal", f"{terminal.name}, build {terminal.build}")
    if account is None:
        yield _lost(package, "account", "the terminal is not logged in")
        yield from (skipped(check, "nobody is logged in") for check in _LATER if check != "account")
        return
    yield _connection(terminal)
    yield _account(account, settings)
    yield _algo_trading(terminal, account)
    yield from _symbols(package, settings)


def _connection(terminal: Row) -> Finding:
    if terminal.connected:
        return ok("connection", f"to the broker, {terminal.ping_last / 1_000:.0f} ms")
    return fail(
        "connection",
        "the terminal is not connected to its broker",
        fix="see the terminal's lower right corner: network, server name, or a login that was refused",
    )


def _account(account: Row, settings: TerminalSettings) -> Finding:
    objection = account_objection(
        settings,
        login=account.login,
        trade_mode=account.trade_mode,
        margin_mode=account.margin_mode,
    )
    if objection:
        return fail(
            "account", objection, fix="log the right one in, or correct login, kind or hedging"
        )
    kind = KINDS.get(account.trade_mode, "unknown")
    return ok("account", f"{account.login} at {account.server}, {kind}, {account.currency}")


def _algo_trading(terminal: Row, account: Row) -> Finding:
    check = "algo trading"
    if not terminal.trade_allowed:
        return fail(
            check, "Algo Trading is off", fix="press Algo Trading in the terminal's toolbar"
        )
    if terminal.tradeapi_disabled:
        return fail(
            check,
            "trading by Python is switched off",
            fix="Tools, Options, Expert Advisors: allow trading by the external Python API",
        )
    if not account.trade_allowed:
        return fail(
            check,
            "the account may not trade",
            fix="log in with the master password, not the investor's, or ask the broker",
        )
    if not account.trade_expert:
        return fail(
            check, "the broker forbids algorithmic trading", fix="ask the broker to allow it"
        )
    return ok(check, "allowed by terminal, account and broker")


def _symbols(package: Package, settings: TerminalSettings) -> Iterator[Finding]:
    found = package.symbols_get()
    if found is None:
        yield _lost(package, "symbols", "the terminal lists no symbols")
        return
    known = {symbol.name: symbol for symbol in found}
    names = settings.symbols or [name for name, symbol in known.items() if symbol.visible]
    if not names:
        yield warn(
            "symbols", "Market Watch is empty", fix="name symbols in the node file, or show some"
        )
    for name in names[:SYMBOLS_SHOWN]:
        problem = _symbol(known.get(name), name)
        if problem is not None:
            yield problem
    yield ok("symbols", f"{len(names)} looked at")
    yield _clock(package, [name for name in names if name in known])


def _symbol(symbol: Row | None, name: str) -> Finding | None:
    check = f"symbol {name}"
    if symbol is None:
        return fail(
            check, "the broker has no such symbol", fix="look it up in Market Watch, Symbols"
        )
    if not symbol.visible:
        return warn(
            check,
            "hidden in Market Watch: it has no quotes yet",
            fix="nothing to do for a node, which shows it; or show it by hand",
        )
    try:
        filling_for(terms_of(row_of(symbol)), OrderType.MARKET)
    except VenueRefused as refusal:
        return fail(check, refusal.message, fix="ask the broker how orders of it are filled")
    return None


def _clock(package: Package, names: list[str]) -> Finding:
    """Needs a tick of about now; on a weekend there is none, and nothing is wrong with that."""
    ticks = [tick for name in names[:SYMBOLS_SHOWN] if (tick := package.symbol_info_tick(name))]
    newest = max((tick.time_msc for tick in ticks), default=0)
    if not newest:
        return warn("clock", "there are no ticks yet", fix="try again when the market is open")
    offset = offset_of(newest, now=datetime.now(tz=UTC))
    if offset is None:
        return warn(
            "clock",
            f"the newest tick is of {moment_msc(newest):%Y-%m-%d %H:%M:%S} by the broker's clock",
            fix="try again when the market is open; if it is, set this machine's clock by NTP",
        )
    return ok("clock", f"the broker's clock is {offset.total_seconds() / 3_600:+g} h from UTC")


def _lost(package: Package, check: str, what: str) -> Finding:
    code, text = package.last_error()
    return fail(check, f"{what}: {code} {text}", fix=FIXES.get(code, "see the terminal's journal"))
