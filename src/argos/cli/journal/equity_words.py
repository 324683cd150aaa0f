"""An account's recorded equity as tables and a small curve."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from argos.cli.frame.printing import clock_time, table
from argos.cli.journal.words import TOO_SHORT, percent, rounded

Item = Mapping[str, Any]
BARS: Final = "▁▂▃▄▅▆▇█"
WIDTH: Final = 60


def sparkline(values: Sequence[Decimal], *, width: int = WIDTH) -> str:
    """The values, oldest first, as bars between their least and their greatest; the last of each group is shown."""
    size = max(-(-len(values) // width), 1)
    shown = [values[min(start + size, len(values)) - 1] for start in range(0, len(values), size)]
    if not shown:
        return ""
    low, span = min(shown), max(shown) - min(shown)
    steps = len(BARS) - 1
    return "".join(BARS[int((value - low) / span * steps) if span else 0] for value in shown)


def accounts_table(accounts: Iterable[Item]) -> Table:
    """Each account as a whole: recorded equity, floating results counted, transfers taken out."""
    return table(
        "accounts, by recorded equity (floating counted, time-weighted)",
        ("account", "since (UTC)", ">equity", ">total return", ">Sharpe, daily", ">PSR, n", ">drawdown", ">transfers"),
        (
            (
                account["account"],
                clock_time(figures["first_at"]),
                f"{rounded(figures['last_equity'], 2)} {account['currency']}",
                percent(figures["total_return"], 2),
                _sharpe(figures),
                f"{percent(figures['psr']) or '-'}, {figures['days']}",
                percent(figures["drawdown"], 2),
                account["transfers"]["amount"],
            )
            for account in accounts
            if (figures := account["figures"])
        ),
    )  # fmt: skip


def account_notes(account: Item) -> list[str]:
    """What must be read beside the figures."""
    name, moved = account["account"], account["transfers"]
    notes = []
    if moved["unexplained_n"]:
        notes.append(
            f"{name}: {moved['unexplained']} {account['currency']} came or went that neither an execution nor the venue"
            f" explains ({moved['unexplained_n']} times); taken for transfers, not for results"
        )
    if account["figures"] and account["figures"]["days_unseen"]:
        days = account["figures"]["days_unseen"]
        notes.append(f"{name}: nothing was seen of {days} weekdays; the next return spans them")
    return notes


def show_history(out: Console, item: Item) -> None:
    figures = item["figures"]
    if figures is None:
        out.print(f"  {escape(item['account'])}: {escape(item['figures_missing'])}")
        return
    curve = sparkline([Decimal(point["equity"]) for point in item["points"]])
    back = clock_time(figures["drawdown_back_at"])
    lines = {
        "account": f"{item['account']}, days begin at {item['day_begins']} in {item['zone']}",
        "recorded": f"{clock_time(figures['first_at'])} to {clock_time(figures['last_at'])} UTC",
        "equity": f"{rounded(figures['first_equity'], 2)} to {rounded(figures['last_equity'], 2)} {item['currency']}",
        "curve": curve,
        "return": f"{percent(figures['total_return'], 2)}, time-weighted, floating counted",
        "Sharpe": f"{_sharpe(figures) or '-'} (daily, x root of 252), PSR {percent(figures['psr']) or '-'}, "
        f"n = {figures['days']}",
        "drawdown": f"{percent(figures['drawdown'], 2)}, {clock_time(figures['drawdown_peak_at'])} to "
        f"{clock_time(figures['drawdown_trough_at'])}, " + (f"back {back}" if back else "not back yet"),
        "transfers": f"{item['transfers']['amount']} in {item['transfers']['n']}; charges {item['charges']}",
    }  # fmt: skip
    for name, text in lines.items():
        out.print(f"  {name:<10}{escape(text)}", soft_wrap=True)
    for note in account_notes(item):
        out.print(f"  {escape(note)}", soft_wrap=True)
    out.print(
        table(
            "days",
            ("day", ">equity", ">balance", ">low", ">high", ">return", ">transferred"),
            (
                (
                    day["day"],
                    *(rounded(day[name], 2) for name in ("equity", "balance", "low", "high")),
                    percent(day["return"], 2),
                    day["transferred"],
                )
                for day in reversed(item["days"])
            ),
        )
    )


def _sharpe(figures: Item) -> str | None:
    value = rounded(figures["sharpe"], 2)
    return f"{value}, {TOO_SHORT}" if value and figures["sharpe_too_short"] else value
