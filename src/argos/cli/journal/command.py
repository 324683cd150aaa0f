"""`argos journal` and `argos performance`: trades with why and what they came to, and the figures they add up to."""

import csv
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.markup import escape

from argos.cli.frame.entrance import known_home
from argos.cli.frame.gateway_client import GatewayUrl, open_gateway
from argos.cli.frame.printing import AsJson, print_json, screen
from argos.cli.journal.equity_words import account_notes, accounts_table
from argos.cli.journal.words import (
    beside_table,
    entries_table,
    figures_table,
    show_entry,
    votes_table,
)
from argos.cli.trades.reading import LIMIT, Limit, OfAccount, OfSymbol, Since, Until
from argos.core.errors import InputError

OfStrategy = Annotated[str | None, typer.Option("--strategy", help="Only of this strategy.")]
OfVersion = Annotated[
    str | None, typer.Option("--version", help="Only of this one, such as ema-cross@3.2.")
]
ALL: Final = 10**9
CSV_COLUMNS: Final = (
    "trade_id", "account", "symbol", "side", "strategy", "bot_version", "outcome", "finished", "opened_at",
    "closed_at", "holding_s", "qty", "exit_qty", "entry_price", "exit_price", "currency", "gross_pnl", "commission",
    "swap", "fee", "slippage_cost", "net_pnl", "r_multiple", "entered_by", "why_entered", "asked_by", "exit_reason",
    "signal_id", "simulated", "votes", "checks_failed", "divergence", "revision",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    noun = typer.Typer(
        help="Every trade that was filled: why it was entered and left, votes, verdicts, result, R.",
        epilog="Examples: `argos journal`; `argos journal --symbol AAPL --csv aapl.csv`; `argos journal show ID`.",
    )
    noun.callback(invoke_without_command=True)(journal)
    noun.command("show", epilog="Example: `argos journal show ema-AAPL-1`.")(show)
    app.add_typer(noun, name="journal")
    app.command(
        "performance",
        epilog="Examples: `argos performance`; `argos performance --by source --since 2026-11-01T00:00:00Z`.",
    )(performance)


def journal(
    context: typer.Context,
    symbol: OfSymbol = None,
    account: OfAccount = None,
    strategy: OfStrategy = None,
    version: OfVersion = None,
    since: Annotated[str | None, typer.Option(help="Opened from this moment on.")] = None,
    until: Annotated[str | None, typer.Option(help="Opened before this moment.")] = None,
    is_open: Annotated[
        bool | None, typer.Option("--open/--finished", help="Only those, or only these.")
    ] = None,
    limit: Limit = LIMIT,
    to_csv: Annotated[
        Path | None,
        typer.Option("--csv", help="Write all of them to this file instead.", metavar="FILE"),
    ] = None,
    url: GatewayUrl = None,
    as_json: AsJson = False,
) -> None:
    """Trades that were filled, newest opening first, one line per trade and account."""
    if context.invoked_subcommand is not None:
        return
    client = open_gateway(known_home(context), url)
    asked = {
        "symbol": symbol, "account": account, "strategy": strategy, "bot_version": version,
        "since": since, "until": until, "open": is_open,
    }  # fmt: skip
    if to_csv is not None:
        rows = write_csv(to_csv, client.pages("/api/journal", limit=ALL, **asked))
        if as_json:
            print_json({"path": str(to_csv), "rows": rows})
        else:
            screen().print(f"{rows:,} trades in {to_csv}", soft_wrap=True)
        return
    items = list(client.pages("/api/journal", limit=limit, **asked))
    if as_json:
        print_json({"items": items})
        return
    screen().print(entries_table(items))


def show(
    context: typer.Context,
    trade_id: Annotated[str, typer.Argument(help="As `argos journal` shows it.")],
    url: GatewayUrl = None,
    as_json: AsJson = False,
) -> None:
    """One trade at each of its accounts: why, votes, risk verdicts, exits, result."""
    client = open_gateway(known_home(context), url)
    items = list(client.pages("/api/journal", limit=ALL, trade_id=trade_id))
    if not items:
        raise InputError(
            f"no filled trade has the id {trade_id}",
            code="NOT_FOUND",
            field="trade_id",
            fix=f"see `argos journal`, or `argos trade {trade_id}` for one that came to nothing",
        )
    if as_json:
        print_json({"items": items})
        return
    out = screen()
    for item in items:
        show_entry(out, item)


def performance(
    context: typer.Context,
    by: Annotated[
        str | None,
        typer.Option(
            help="symbol, account, strategy, version, source, simulated or month.", metavar="WHAT"
        ),
    ] = None,
    symbol: OfSymbol = None,
    account: OfAccount = None,
    strategy: OfStrategy = None,
    version: OfVersion = None,
    since: Since = None,
    until: Until = None,
    zone: Annotated[
        str | None,
        typer.Option(
            help="Whose days and months; else UTC, for equity the account's own.", metavar="ZONE"
        ),
    ] = None,
    capital: Annotated[
        str | None,
        typer.Option(help="Measure returns on it; else it is worked out.", metavar="MONEY"),
    ] = None,
    url: GatewayUrl = None,
    as_json: AsJson = False,
) -> None:
    """What finished trades add up to: win rate, money, return, Sharpe with PSR and n, drawdown, R."""
    client = open_gateway(known_home(context), url)
    found = client.get(
        "/api/performance", by=by, symbol=symbol, account=account, strategy=strategy, bot_version=version,
        since=since, until=until, zone=zone, capital=capital,
    )  # fmt: skip
    if as_json:
        print_json(found)
        return
    _show_performance(screen(), found)


def _show_performance(out: Console, found: Mapping[str, Any]) -> None:
    rows = [("all", found["overall"]), *((group["key"], group) for group in found["groups"])]
    title = "performance" if found["by"] is None else f"performance by {found['by']}"
    out.print(figures_table(title, rows))
    overall = found["overall"]
    for name in ("money_missing", "curve_missing"):
        if overall[name]:
            out.print(f"  {name.replace('_', ' ')}: {escape(overall[name])}")
    capital = overall["capital"]
    if capital["amount"] is not None:
        out.print(
            f"  returns on {capital['amount']} {capital['currency'] or ''} ({capital['basis'].replace('_', ' ')}), "
            f"{overall['first_day']} to {overall['last_day']} in {escape(found['zone'])}, from closed trades alone",
            soft_wrap=True,
        )
    if overall["simulated_n"]:
        out.print(
            f"  [bold yellow]simulated source[/]: {overall['simulated_n']} of {overall['n']} trades came of it; "
            "--by simulated tells them apart",
            soft_wrap=True,
        )
    if any(group["votes"] for group in found["groups"]):
        out.print(votes_table(found["groups"]))
    if found["beside"]:
        out.print(beside_table(found["beside"]))
    if any(account["figures"] for account in found["accounts"]):
        out.print(accounts_table(found["accounts"]))
        for account in found["accounts"]:
            for line in account_notes(account):
                out.print(f"  {escape(line)}", soft_wrap=True)


def write_csv(path: Path, items: Iterable[Mapping[str, Any]]) -> int:
    """One line per entry, the file complete or as it was. Raises InputError EXPORT_NOT_WRITABLE."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    rows = 0
    try:
        with beside.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(CSV_COLUMNS)
            for line in _csv_lines(items):
                writer.writerow(line)
                rows += 1
        beside.replace(path)
    except OSError as error:
        raise InputError(
            f"cannot write {path}: {error.strerror or error}",
            code="EXPORT_NOT_WRITABLE",
            field="--csv",
            fix="name a file in a directory that exists and has room",
        ) from error
    finally:
        beside.unlink(missing_ok=True)
    return rows


def _csv_lines(items: Iterable[Mapping[str, Any]]) -> Iterator[Sequence[str]]:
    for item in items:
        votes = item["signal"]["votes"] if item["signal"] else ()
        made = {
            **item,
            "votes": " ".join(f"{vote['source']}={vote['direction']}" for vote in votes),
            "checks_failed": " ".join(
                check["check"] for check in item["checks"] if not check["ok"]
            ),
            "divergence": " ".join(item["divergence"]),
        }
        yield [_csv_text(made[name]) for name in CSV_COLUMNS]


def _csv_text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
