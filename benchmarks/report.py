"""The results as a table, as a flat map of name to number, and as a page of the documentation."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from backtest_report import BACKTEST_METHOD, BACKTEST_SECTIONS
from lines import Line
from machine import description

ROOT: Final = Path(__file__).parent.parent
RESULTS: Final = ROOT / "benchmarks" / "results" / "latest.json"
MOMENTS: Final = RESULTS.with_name("moments.json")
PAGE: Final = ROOT / "docs" / "reference" / "performance.md"


MEMORY_MIB_MAX: Final = 250
SECTIONS: Final[Mapping[str, tuple[Line, ...]]] = {
    "Alerts at one gateway process, 32 connections": (
        Line(name="gateway_alerts_per_s", words="accepted alerts", unit="/s"),
        Line(name="gateway_p50_ms", words="answer, median", unit="ms"),
        Line(name="gateway_p99_ms", words="answer, 99th percentile", unit="ms", goal=50),
        Line(name="validating_floor_per_s", words="the validating floor", unit="/s"),
        Line(
            name="gateway_ratio_to_validating_floor",
            words="gateway over validating floor",
            goal=0.55,
            rising=True,
        ),
        Line(name="pgbench_per_s", words="the same inserts by pgbench", unit="/s"),
        Line(name="gateway_ratio_to_pgbench", words="gateway over pgbench"),
        Line(name="audit_verify_rows_per_s", words="audit chain verified, rows", unit="/s"),
    ),
    "Alerts at a fixed 200/s, from the intended send time": (
        Line(name="open_loop_p50_ms", words="answer, median", unit="ms", goal=5),
        Line(name="open_loop_p99_ms", words="answer, 99th percentile", unit="ms", goal=25),
    ),
    "20 alerts/s to three accounts at two paper brokers": (
        Line(
            name="alert_to_broker_p50_ms",
            words="alert received to order at the broker, median",
            unit="ms",
            goal=12,
        ),
        Line(
            name="alert_to_broker_p99_ms",
            words="the same, 99th percentile",
            unit="ms",
            goal=50,
        ),
        Line(
            name="alert_to_reconciled_p50_ms",
            words="alert received to the leg that counts the fill, median",
            unit="ms",
        ),
        Line(
            name="alert_to_reconciled_p99_ms",
            words="the same, 99th percentile",
            unit="ms",
        ),
        Line(name="fan_out_receipt_to_decide_p50_ms", words="receipt to decision", unit="ms"),
        Line(name="fan_out_decide_to_node_p50_ms", words="decision to lease", unit="ms"),
        Line(name="fan_out_node_to_send_p50_ms", words="lease to broker call", unit="ms"),
        Line(name="fan_out_send_to_fill_p50_ms", words="broker call to fill", unit="ms"),
        *(
            Line(name=f"processor_{kind}_ms_per_alert", words=f"processor, {words}", unit="ms")
            for kind, words in (
                ("gateway", "the gateway, for each alert"),
                ("worker", "the worker"),
                ("node", "the three nodes"),
                ("broker", "the two paper brokers"),
                ("postgres_gateway", "PostgreSQL for alerts"),
                ("postgres_dispatch", "PostgreSQL for leases and reports"),
                ("postgres_worker", "PostgreSQL for the worker"),
            )
        ),
    ),
    "From an alert's commit to OrderSend, 10 alerts/s, one MT5 account": tuple(
        line
        for name, words in (("mt5_python", "Python node"), ("mt5_ea", "expert advisor"))
        for line in (
            Line(name=f"{name}_orders", words=f"{words}: orders"),
            Line(
                name=f"{name}_commit_to_send_p50_ms",
                words=f"{words}: commit to OrderSend called, median",
                unit="ms",
                goal=10,
            ),
            Line(
                name=f"{name}_commit_to_send_p99_ms",
                words=f"{words}: the same, 99th percentile",
                unit="ms",
                goal=40,
            ),
            *(
                Line(name=f"{name}_{step}_p50_ms", words=f"{words}: {told}, median", unit="ms")
                for step, told in (
                    ("committed_to_decided", "commit to decision"),
                    ("decided_to_leased", "decision to lease"),
                    ("leased_to_started", "lease to the node's own log"),
                    ("started_to_sent", "log to OrderSend"),
                )
            ),
        )
    ),
    "The Python MT5 node's look at 10,000 deals": (
        Line(
            name="mt5_scan_10k_deals_cpu_ms",
            words="a look that shows them all again",
            unit="ms of CPU",
            goal=150,
        ),
        Line(
            name="mt5_scan_10k_new_deals_cpu_ms",
            words="the first look, which tells them all",
            unit="ms of CPU",
        ),
    ),
    "20 MT5 nodes with nothing to do": (
        Line(
            name="idle_20_nodes_gateway_cpu_pct",
            words="CPU of the one gateway process",
            unit="% of a core",
            goal=10,
        ),
    ),
    "A tick of the signal service over 500 symbols and four sources, store included": tuple(
        line
        for name, words in (("weighted_vote", "weighted vote"), ("log_pool", "log pool"))
        for line in (
            Line(
                name=f"signals_{name}_tick_median_cpu_ms",
                words=f"{words}: median",
                unit="ms of CPU",
            ),
            Line(
                name=f"signals_{name}_tick_max_cpu_ms",
                words=f"{words}: the longest, the first included",
                unit="ms of CPU",
                goal=250,
            ),
            Line(
                name=f"signals_{name}_ratio_to_floor",
                words=f"{words}: median over consensus and bare rows alone",
            ),
        )
    ),
    "Reconciliation of 100,000 stored legs": (
        Line(name="reconcile_workers", words="worker processes"),
        Line(
            name="reconcile_legs_per_s",
            words="legs that get their first revision",
            unit="/s",
            goal=5000,
            rising=True,
        ),
        Line(
            name="reconcile_unchanged_legs_per_s",
            words="legs that are found unchanged",
            unit="/s",
        ),
    ),
    "Peak resident memory of the largest process of each kind": tuple(
        Line(name=f"memory_{kind}_mib", words=words, unit="MiB", goal=MEMORY_MIB_MAX)
        for kind, words in (
            ("gateway", "gateway"),
            ("worker", "worker"),
            ("node", "node"),
            ("broker", "paper broker"),
            ("postgres", "PostgreSQL, shared memory included"),
        )
    ),
    **BACKTEST_SECTIONS,
    "How much of the machine others took": (
        Line(name="machine_busy_before_share", words="busy share before the run"),
        Line(name="machine_busy_after_share", words="busy share after the run"),
    ),
}

METHOD: Final = """\
## Method

Load generators, processes and database share the machine. Every process is a real one, started as in production; the
database is the embedded PostgreSQL with its ordinary settings (`fsync` and `synchronous_commit` on, audit chain on).

- **Gateway**: wrk, one thread, 32 connections, closed loop; every request is a new event with 16 features (0.65 KB).
  An answer follows the commit; after the run as many accepted alerts must stand in the database. The *validating floor*
  is an ordinary FastAPI handler that takes the same pydantic model and stores nothing, under the same server settings.
  Both take turns within each round; the ratio is the median of the rounds' ratios. *pgbench* inserts the same rows into
  the same tables under the same triggers, one alert per transaction, 32 clients, taking turns with the gateway.
- **Fixed rate**: alerts leave on time whatever comes back, and each is timed from the moment it should have left.
- **Three accounts**: alternating entries and exits at market. The start is the gateway's receipt of the alert; the end
  is `received_at` in the paper broker's own ledger, or the commit of the first revision that counts the fill. The
  brokers are exact: no latency, slippage or partial fills of their own. *Processor* is what each kind of process took
  while the alerts came in, divided by their number: two processors have 100 ms between two alerts, and what is used of
  that is what an order may have to wait for.
- **Commit to OrderSend**: each kind of node by itself, with one hedging account at an exact broker; alternating
  entries and exits at market, 10 alerts/s sent on time, after 3 s of warm-up. The start is the commit time that
  PostgreSQL gave the transaction with the alert (before the disk confirmed it, so that wait counts); the end is the
  moment at which the terminal is told to send, noted by the stand-in or the expert's host. All on one clock.
- **Look at 10,000 deals**: CPU time of the thread that asks the terminal, over the whole of one look (orders, deals and
  positions of the window), median of five. What the stand-in's own calls take is taken off: it speaks HTTP and JSON
  where the real package reads a pipe. The first look after a start makes 10,000 deals and as many orders into facts;
  every later one shows them again.
- **Idle**: ten Python nodes, which wait in long polls, and ten expert advisors, which ask at least once a second, all
  enrolled and signed in at one gateway; user and system time of the gateway's process over 20 s.
- **A tick of the signal service**: processor time of the thread that ticks, over 40 ticks, at each a new vote of one
  source on every symbol; the file is synced. The floor is the consensus alone, and the same votes as bare rows in one
  synced transaction.
- **Reconciliation**: worker processes work off a queue that names every stored leg (two orders, eight facts, two fills
  each): once for first revisions, once more to find nothing new.
- **Memory**: the kernel's peak (VmHWM) of each process over the whole run.
"""


def shown(value: float, line: Line) -> str:
    digits = 0 if value >= 1000 or value == int(value) else (1 if value >= 100 else 2)
    return f"{value:,.{digits}f}{'' if line.unit in {'', '/s'} else ' '}{line.unit}"


def _goal(line: Line) -> str:
    if line.goal is None:
        return ""
    return f"{'at least' if line.rising else 'at most'} {shown(line.goal, line)}"


def print_table(figures: Mapping[str, float]) -> None:
    table = Table("figure", "value", "goal", "")
    for title, lines in SECTIONS.items():
        known = [line for line in lines if line.name in figures]
        if known:
            table.add_section()
            table.add_row(f"[bold]{title}", "", "", "")
        for line in known:
            value = figures[line.name]
            mark = {True: "reached", False: "[red]missed", None: ""}[line.reached(value)]
            table.add_row(line.words, shown(value, line), _goal(line), mark)
    Console().print(table)


def store_results(figures: Mapping[str, float], *, whole: bool) -> None:
    """Keep the figures and the moment of measuring. What is not among them stays, unless this was a `whole` run."""
    RESULTS.parent.mkdir(exist_ok=True)
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M}"
    before = {} if whole else _read(RESULTS)
    moments = {} if whole else _read(MOMENTS)
    rounded = {name: round(value, 4) for name, value in figures.items()}
    for path, kept in (
        (RESULTS, {**before, **rounded}),
        (MOMENTS, {**moments, **dict.fromkeys(rounded, now)}),
    ):
        path.write_text(json.dumps(dict(sorted(kept.items())), indent=2) + "\n", "utf-8")


def write_page() -> None:
    """The page of the documentation, from what is kept."""
    figures, moments = _read(RESULTS), _read(MOMENTS)
    parts = [
        "# Performance\n",
        f"Written by `make bench`, on {description()}.\n"
        "The numbers by name are in `benchmarks/results/latest.json`. Absolute figures belong to this machine in that\n"
        "hour, with whatever else ran on it; ratios travel further.\n",
    ]
    for title, lines in SECTIONS.items():
        known = [line for line in lines if line.name in figures]
        told = max((moments.get(line.name, "") for line in known), default="")
        parts.append(f"## {title}\n")
        if told:
            parts.append(f"Measured {told} UTC.\n")
        parts.append("| figure | value | goal | |\n| --- | ---: | --- | --- |")
        for line in known:
            value = figures[line.name]
            mark = {True: "reached", False: "**missed**", None: ""}[line.reached(value)]
            parts.append(f"| {line.words} | {shown(value, line)} | {_goal(line)} | {mark} |")
        parts.append("")
    PAGE.write_text("\n".join([*parts, METHOD + BACKTEST_METHOD]), "utf-8")


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return found
