"""What can be wrong with a terminal before a node trades through it, each with the click that mends it."""

import itertools
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from argos.cli.doctor.finding import Finding, fail, ok, skipped, warn
from argos.core.errors import VenueRefused
from argos.core.intent import OrderType
from argos.venues.mt5.clock import moment_msc, offset_of
from argos.venues.mt5.package import NO_TERMINAL, UNAUTHORISED, Package, Row
from argos.venues.mt5.rows import row_of
from argos.venues.mt5.settings import KINDS, TerminalSettings, account_objection
from argos.venues.mt5.terms import filling_for, terms_of
from argos.venues.mt5.words import MARGIN_MODE_HEDGING

_LATER = ("connection", "account", "algo trading", "symbols", "clock")
SYMBOLS_SHOWN = 200
ALIKE_SHOWN = 3
LOG_IN = "in the terminal: File > Login to Trade Account, type login, password and server as the broker wrote them, OK"
SAME_USER = "run terminal and node as the same Windows user, both or neither 'as administrator'"
CLICKS = {
    NO_TERMINAL: "write the path of terminal64.exe into the node file (mt5.path), or set a terminal up by "
    f"argos mt5 install FILE; {SAME_USER}",
    UNAUTHORISED: f"{LOG_IN}; or correct mt5.login, mt5.server and the password file",
    -10004: f"in the terminal: close every dialog (login, update, news); {SAME_USER}",
    -10005: f"in the terminal: close every dialog (login, update, news); {SAME_USER}",
}
"""By the code of the package's last error."""
JOURNAL = "in the terminal: View > Toolbox > Journal says why"


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
        yield _lost(package, "account", "the terminal is not logged in", otherwise=LOG_IN)
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
        fix="lower right corner of the terminal: click the bars > Rescan Servers; if it says 'Invalid account', "
        "File > Login to Trade Account",
    )


def _account(account: Row, settings: TerminalSettings) -> Finding:
    objection = account_objection(
        settings,
        login=account.login,
        trade_mode=account.trade_mode,
        margin_mode=account.margin_mode,
    )
    if objection:
        return fail("account", objection, fix=_account_fix(account, settings))
    kind = KINDS.get(account.trade_mode, "unknown")
    return ok("account", f"{account.login} at {account.server}, {kind}, {account.currency}")


def _account_fix(account: Row, settings: TerminalSettings) -> str:
    if account.login != settings.login:
        return f"File > Login to Trade Account, login {settings.login}; or correct mt5.login in the file"
    if settings.kind and KINDS.get(account.trade_mode) != settings.kind:
        return (
            f"File > Login to Trade Account, log a {settings.kind} account in; only if you mean this one, "
            "correct mt5.kind in the node file"
        )
    kept = "hedging" if account.margin_mode == MARGIN_MODE_HEDGING else "netting"
    return (
        "this is fixed when an account is opened: open another one at the broker, or write mt5.hedging "
        f"{str(kept == 'hedging').lower()} into the node file and say argos accounts edit NAME --{kept}"
    )


def _algo_trading(terminal: Row, account: Row) -> Finding:
    check = "algo trading"
    if not terminal.trade_allowed:
        return fail(
            check,
            "Algo Trading is off",
            fix="press the button Algo Trading in the terminal's toolbar (Ctrl+E): it must turn green",
        )
    if terminal.tradeapi_disabled:
        return fail(
            check,
            "trading by Python is switched off",
            fix="Tools > Options > Expert Advisors: untick the line that disables the external Python API, OK",
        )
    if not account.trade_allowed:
        return fail(
            check,
            "the account may not trade",
            fix="File > Login to Trade Account with the master password, not the investor's; if it was that, ask the "
            "broker whether the account is open for trading",
        )
    if not account.trade_expert:
        return fail(
            check,
            "the broker forbids algorithmic trading",
            fix="no click helps: ask the broker to allow expert advisors for this account",
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
            "symbols",
            "Market Watch is empty",
            fix="Market Watch (Ctrl+M): right click > Show All; or name symbols in the node file (mt5.symbols)",
        )
        yield skipped("clock", "no symbol has a tick")
        return
    for name in names[:SYMBOLS_SHOWN]:
        problem = _symbol(known.get(name), name, names=known)
        if problem is not None:
            yield problem
    yield ok("symbols", f"{len(names)} looked at")
    yield _clock(package, [name for name in names if name in known])


def _symbol(symbol: Row | None, name: str, *, names: Iterable[str]) -> Finding | None:
    check = f"symbol {name}"
    if symbol is None:
        alike = [other for other in names if _stem(name) in other.upper()][:ALIKE_SHOWN]
        there = f"; it has {', '.join(alike)}" if alike else ""
        return fail(
            check,
            f"the broker has no such symbol{there}",
            fix="Market Watch (Ctrl+M): right click > Symbols shows all names; write it as it stands there into "
            "the node file, and map the chart's name: argos routes map",
        )
    if not symbol.visible:
        return warn(
            check,
            "hidden in Market Watch: it has no quotes yet",
            fix="Market Watch (Ctrl+M): right click > Symbols > double-click it; a node that names it in "
            "mt5.symbols shows it by itself",
        )
    try:
        filling_for(terms_of(row_of(symbol)), OrderType.MARKET)
    except VenueRefused as refusal:
        return fail(check, refusal.message, fix="ask the broker how orders of it are filled")
    return None


def _stem(name: str) -> str:
    """What most brokers leave of a symbol's name: letters and digits at its beginning."""
    stem = "".join(itertools.takewhile(str.isalnum, name.upper()))
    return stem or name.upper()


def _clock(package: Package, names: list[str]) -> Finding:
    """Needs a tick of about now; on a weekend there is none, and nothing is wrong with that."""
    ticks = [tick for name in names[:SYMBOLS_SHOWN] if (tick := package.symbol_info_tick(name))]
    newest = max((tick.time_msc for tick in ticks), default=0)
    if not newest:
        return warn(
            "clock",
            "there are no ticks yet",
            fix="try again when the market is open; Market Watch shows prices then",
        )
    offset = offset_of(newest, now=datetime.now(tz=UTC))
    if offset is None:
        return warn(
            "clock",
            f"the newest tick is of {moment_msc(newest):%Y-%m-%d %H:%M:%S} by the broker's clock",
            fix="try again when the market is open; if it is: Settings > Time & language > Date & time > Sync now",
        )
    return ok("clock", f"the broker's clock is {offset.total_seconds() / 3_600:+g} h from UTC")


def _lost(package: Package, check: str, what: str, *, otherwise: str = JOURNAL) -> Finding:
    code, text = package.last_error()
    return fail(check, f"{what}: {code} {text}", fix=CLICKS.get(code, otherwise))
