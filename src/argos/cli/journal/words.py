"""The journal and its figures as tables."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from argos.cli.frame.printing import clock_time, table

Item = Mapping[str, Any]
TOO_SHORT: Final = "too short"
_LEVELS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"))


def entries_table(items: Iterable[Item]) -> Table:
    """One line per trade and account."""
    columns = (
        "trade", "account", "symbol", "side", "opened (UTC)", ">held", ">qty", ">entry", ">exit", "left by", ">net",
        "currency", ">R", "by", "simulated",
    )  # fmt: skip
    rows = (
        (
            item["trade_id"],
            item["account"],
            item["symbol"],
            item["side"],
            clock_time(item["opened_at"]),
            held_text(item["holding_s"]),
            item["qty"],
            item["entry_price"],
            item["exit_price"],
            item["exit_reason"] or ("" if item["finished"] else item["outcome"]),
            item["net_pnl"],
            item["currency"],
            rounded(item["r_multiple"], 2),
            item["entered_by"],
            item["simulated"],
        )
        for item in items
    )
    return table("journal", columns, rows, empty="no trade was filled")


def show_entry(out: Console, item: Item) -> None:
    """One entry whole."""
    out.print(f"[bold]{escape(item['trade_id'])}[/] at {escape(item['account'])}")
    entered = f"{item['side']} {item['qty']} {item['symbol']} @ {item['entry_price']}"
    lines = {
        "strategy": item["bot_version"],
        "entered": f"{clock_time(item['opened_at'])} UTC, {entered}",
        "why": item["why_entered"],
        "left": _left(item),
        "result": f"{item['net_pnl']} {item['currency']} net, {item['gross_pnl']} gross, "
        f"R {rounded(item['r_multiple'], 2) or '-'}, {item['outcome']}",
        "costs": f"commission {item['commission']}, swap {item['swap']}, fee {item['fee']}; "
        f"slippage {item['slippage_cost'] or '-'}, in the prices already",
    }
    if item["signal"]:
        simulated = ", from a simulated source" if item["simulated"] else ""
        lines["signal"] = (
            f"{item['signal_id']}, number {item['signal']['sequence']} of its chain{simulated}"
        )
    if item["divergence"]:
        lines["differs"] = ", ".join(item["divergence"])
    for name, text in lines.items():
        out.print(f"  {name:<9} {escape(text)}", soft_wrap=True)
    if item["signal"]:
        out.print(_votes(item["signal"]["votes"]))
    if len(item["exits"]) > 1:
        out.print(
            table(
                "exits",
                ("at (UTC)", "why", ">qty", ">price", "asked by"),
                (
                    (clock_time(part["at"]), part["reason"], part["qty"], part["price"], part["asked_by"])
                    for part in item["exits"]
                ),
            )
        )  # fmt: skip
    out.print(
        table(
            "risk verdicts",
            ("check", "passed", "why"),
            (
                (check["check"], check["ok"], check.get("why") or check.get("note"))
                for check in item["checks"]
            ),
        )
    )


def _left(item: Item) -> str:
    if item["exit_reason"] is None:
        return f"not yet: {item['outcome']}"
    when = clock_time(item["closed_at"]) or "in part"
    held = f" after {held_text(item['holding_s'])}" if item["holding_s"] is not None else ""
    return f"{when} UTC @ {item['exit_price']}{held}: {item['why_exited']}"


def _votes(votes: Iterable[Item]) -> Table:
    return table(
        "votes",
        ("source", ">weight", "counted", ">p_up", "reason", "was right"),
        (
            (
                vote["source"],
                vote["weight"],
                vote["direction"],
                vote["p_up"],
                vote["abstention"] or vote["reason"],
                vote["was_right"],
            )
            for vote in votes
        ),
    )


def figures_table(title: str, rows: Sequence[tuple[str, Item]]) -> Table:
    """All figures, a column for each group."""
    names = [name for name, _ in rows]
    lines = (
        (label, *(tell(figures) for _, figures in rows))
        for label, tell in (
            ("trades (n)", lambda f: str(f["n"])),
            ("won / lost / zero", lambda f: f"{f['wins']} / {f['losses']} / {f['zeros']}"),
            ("win rate", _win_rate),
            ("  95 % of such samples", _interval),
            ("net result", lambda f: _money(f, "net_pnl", unit=True)),
            ("costs", lambda f: _money(f, "costs")),
            ("expectancy", lambda f: _money(f, "expectancy")),
            ("mean win / loss", _means),
            ("profit factor", lambda f: _of(f["money"], "profit_factor")),
            ("expectancy in R (n)", _expectancy_r),
            ("SQN", lambda f: rounded(f["sqn"], 2)),
            ("mean time held", lambda f: held_text(f["holding_s_mean"])),
            ("total return, closed trades", lambda f: percent(_of_raw(f["curve"], "total_return"))),
            ("Sharpe, daily, closed trades", _sharpe),
            ("  PSR, n", _psr),
            ("drawdown, closed trades", _drawdown),
        )
    )
    return table(title, ("", *(f">{name}" for name in names)), lines)


def votes_table(groups: Iterable[Item]) -> Table:
    """How often each source was right."""
    return table(
        "votes of the sources",
        ("source", ">n", ">right", ">rate", ">95 %", ">for", ">against", ">abstained"),
        (
            (
                group["key"],
                votes["n"],
                votes["hits"],
                percent(votes["hit_rate"]),
                _span(votes),
                votes["voted_for"],
                votes["voted_against"],
                votes["abstained"],
            )
            for group in groups
            if (votes := group["votes"])
        ),
    )


def beside_table(items: Iterable[Item]) -> Table:
    return table(
        "why nothing came of it",
        ("what", "outcome", "code", ">how many"),
        ((item["what"], item["outcome"], item["code"], item["n"]) for item in items),
    )


def _win_rate(figures: Item) -> str | None:
    rate = percent(figures["win_rate"])
    return f"{rate}, {TOO_SHORT}" if rate and figures["too_short"] else rate


def _interval(figures: Item) -> str | None:
    return _span(figures)


def _span(item: Item) -> str | None:
    low, high = percent(item["wilson_low"]), percent(item["wilson_high"])
    return None if low is None or high is None else f"{low} to {high}"


def _means(figures: Item) -> str | None:
    money = figures["money"]
    if money is None:
        return None
    return f"{rounded(money['win_mean'], 2) or '-'} / {rounded(money['loss_mean'], 2) or '-'}"


def _expectancy_r(figures: Item) -> str | None:
    value = rounded(figures["expectancy_r"], 3)
    return None if value is None else f"{value} ({figures['r_n']})"


def _sharpe(figures: Item) -> str | None:
    curve = figures["curve"]
    value = _of(curve, "sharpe")
    return f"{value}, {TOO_SHORT}" if value and curve["sharpe_too_short"] else value


def _psr(figures: Item) -> str | None:
    curve = figures["curve"]
    return None if curve is None else f"{percent(curve['psr']) or '-'}, {curve['days']}"


def _drawdown(figures: Item) -> str | None:
    curve = figures["curve"]
    if curve is None:
        return None
    return f"{percent(curve['drawdown'])}, {curve['drawdown_days']} days"


def _money(figures: Item, name: str, *, unit: bool = False) -> str | None:
    money = figures["money"]
    if money is None:
        return None
    value = rounded(money[name], 2)
    return f"{value} {money['currency']}" if unit else value


def _of_raw(item: Item | None, name: str) -> str | None:
    return None if item is None else item[name]


def _of(item: Item | None, name: str) -> str | None:
    return rounded(_of_raw(item, name), 2)


def percent(value: str | None, digits: int = 1) -> str | None:
    return None if value is None else f"{Decimal(value) * 100:.{digits}f} %"


def rounded(value: str | None, digits: int) -> str | None:
    return None if value is None else f"{Decimal(value):,.{digits}f}"


def held_text(seconds: float | None) -> str | None:
    """The greatest unit that fits, with one digit behind the point."""
    if seconds is None:
        return None
    for size, name in _LEVELS:
        if seconds >= size:
            return f"{seconds / size:.1f} {name}"
    return f"{seconds:.1f} s"
