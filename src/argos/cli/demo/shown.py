"""The demo's first half on the screen: execution, money, refusals, and what the ledgers say."""

from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from argos.cli.frame.printing import table
from argos.reconcile.result import SlippageReference
from argos.rehearsal.report import bps_text, money_text, percent_text
from argos.rehearsal.results import DemoResult, as_json

HONEST: Final = (
    "Real daily bars; the path inside a day is a seeded bridge through that day's real open, high, low and close. "
    "Time is compressed. Brokers are simulated: no market impact, no queues."
)


def tell_demo(console: Console, result: DemoResult, *, report: Path) -> None:
    """Tables and the verdict."""
    line = as_json(result)
    alerts, legs = line["alerts"], line["legs"]
    console.print(_quality_table(result))
    console.print(_money_table(result))
    console.print(_reason_table(result))
    console.print(
        f"{alerts['sent']} alerts sent: {alerts['accepted']} accepted, {alerts['duplicate']} duplicates, "
        f"{alerts['refused']} refused. {result.trades} trades, {legs['reconciled']} legs reconciled, "
        f"{legs['open']} open, {legs['in_doubt']} in doubt."
    )
    findings = result.findings
    verdict = "[green]nothing lost, nothing doubled[/]" if findings.clean else "[red]FINDINGS[/]"
    console.print(
        f"Held against the brokers' own ledgers: {verdict} "
        f"(lost {len(findings.lost)}, doubled {len(findings.doubled)})."
    )
    for name in (
        "lost",
        "doubled",
        "contradicted",
        "fills_unknown",
        "positions_differ",
        "in_doubt",
    ):
        for text in getattr(findings, name)[:5]:
            console.print(f"  [red]{name}[/]: {text}")
    console.print(f"Report: {report}   ({result.seconds:.0f} s)")
    console.print(f"[dim]{HONEST}[/]")


def _quality_table(result: DemoResult) -> Table:
    rows = []
    for account in result.accounts:
        bps, ms = account.slippage_bps, account.latency_ms
        rows.append(
            (
                account.account,
                str(account.trades),
                percent_text(account.fill_ratio),
                *(bps_text(bps[reference]) for reference in SlippageReference),
                *(_ms(ms[name]) for name in ("p50", "p95", "p99")),
            )
        )
    return table(
        "Execution: slippage in bps against signal, arrival and broker quote, adverse\n"
        "positive; latency of market orders, alert to fill, in ms",
        ("account", ">trades", ">filled", ">signal", ">arrival", ">broker", ">p50", ">p95", ">p99"),
        rows,
    )


def _money_table(result: DemoResult) -> Table:
    rows = []
    for account in result.accounts:
        amounts = (
            account.commission, account.swap, account.fee, account.slippage_cost,
            account.net_cost, account.net_pnl,
        )  # fmt: skip
        rows.append((account.account, *map(money_text, amounts)))
    currencies = ", ".join(sorted({account.currency for account in result.accounts}))
    headings = (">commission", ">swap", ">fees", ">slippage", ">net cost", ">net PnL")
    return table(
        f"Money, in {currencies}: net cost includes slippage", ("account", *headings), rows
    )


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def _reason_table(result: DemoResult) -> Table:
    rows = [(reason.by, reason.code, str(reason.count)) for reason in result.reasons]
    return table("Refused, by reason", ("by", "code", ">count"), rows)
