"""What `argos signals` puts on the screen for people."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.markup import escape

from argos.cli.frame.printing import clock_time, screen, table
from argos.signals.status import QUIET_CYCLES_MAX
from argos.sources.state import SIMULATED_NOTE

Document = Mapping[str, Any]
SCORE_NOTE = "a score is the weight of those who agree, no probability: it has not been calibrated"


def show_signals(rows: Sequence[Document]) -> None:
    columns = (
        ">no.", "id", "at (UTC)", "symbol", "direction", "sure", "status", "now", "sources",
    )  # fmt: skip
    shown = [
        (
            row["sequence"], row["signal_id"][:8], clock_time(row["at"]), row["symbol"], row["direction"],
            sureness(row), _status(row), _now(row), "simulated source" if row["simulated"] else "",
        )
        for row in rows
    ]  # fmt: skip
    out = screen()
    out.print(table("signals", columns, shown, empty="none; `argos signals status` says why"))
    _notes(rows)


def sureness(row: Document) -> str:
    """A score is called a score, and a probability only what a calibration made of it."""
    if row["probability"] is not None:
        return f"probability {row['probability']}"
    return f"score {row['score']}"


def show_signal(document: Document) -> None:
    out, signal = screen(), document["record"]["signal"]
    mark = "  [bold yellow]simulated source[/]" if document["simulated"] else ""
    out.print(
        f"[bold]{escape(signal['symbol'])} {signal['direction']}[/]  {sureness(document)}  "
        f"{_status(document)}{mark}"
    )
    out.print(f"  signal {signal['signal_id']}, number {document['sequence']} of the chain")
    out.print(
        f"  given {clock_time(signal['at'])} UTC, good until {clock_time(signal['valid_until'])}"
    )
    out.print(f"  {_ended(document)}")
    out.print(
        f"  {escape(signal['strategy'])}@{escape(signal['version'])}, {signal['environment']}, method "
        f"{signal['method']}, agreement long {signal['agreement']['long']} short {signal['agreement']['short']}"
    )
    columns = ("source", ">weight", "counted", ">p_up", ">age s", "reason", "not counted as")
    rows = [_ballot(ballot) for ballot in signal["ballots"]]
    out.print(table("votes", columns, rows))
    checks = [(check["check"], check["verdict"], check["text"]) for check in signal["checks"]]
    out.print(table("checks", ("check", "verdict", "what was found"), checks))
    out.print(f"  record hash  {document['record_hash']}")
    out.print(f"  day's head   {document['head_hash'] or 'none yet: the day is not over'}")
    out.print(f"  rules        {signal['settings_digest']}")
    out.print(f"  settings     {signal['config_digest'] or '-'}")
    _notes([document])


def show_status(document: Document) -> None:
    out, status = screen(), document["status"]
    if status is None:
        out.print("[bold yellow]not running[/]  the service has never said anything here")
    else:
        running = document["running"]
        word = "[bold green]running[/]" if running else "[bold yellow]not running[/]"
        out.print(f"{word}  process {status['pid']}, last heard of {clock_time(status['at'])} UTC")
        if status["ended_at"] is not None:
            out.print("  it was stopped in good order; `argos signals run` starts it")
        elif not running:
            out.print(
                f"  nothing for more than {QUIET_CYCLES_MAX} cycles: it was killed, or hangs; see its log"
            )
        tick = status["tick"]
        out.print(
            f"  last tick {clock_time(tick['at']) or 'none yet'}, number {tick['number']}: {tick['ms']} ms, of "
            f"which {tick['cpu_ms']} ms of processor time, over {status['symbols']} symbols"
        )
        if status.get("reasons"):  # a service of before the change does not tell
            told = ", ".join(f"{reason} {count}" for reason, count in status["reasons"].items())
            out.print(f"  symbols without a new signal at that tick: {escape(told)}")
        if status["skipped"]:
            out.print(
                f"  [bold yellow]{escape(status['skipped'])}[/] since {clock_time(status['skipped_since'])} UTC, "
                f"{status['skipped_ticks']} ticks: {_skip_words(status['skipped'])}"
            )
        out.print(f"  ticks missed since it began: {status['missed_ticks']}")
        chain = status["chain"]
        out.print(f"  chain: {chain['sequence']} records, the last has {chain['last_hash']}")
        if status["simulated_sources"]:
            names = ", ".join(status["simulated_sources"])
            out.print(f"  [yellow]simulated source[/]: {escape(names)}")
    rows = [
        (kind, held["rows"], clock_time(held["oldest_at"]))
        for kind, held in document["waiting"].items()
    ]
    out.print(table("to be told", ("what", ">rows", "oldest (UTC)"), rows, empty="nothing waits"))


def show_replay(document: Document) -> None:
    out = screen()
    out.print(
        f"{document['day']}: {document['ticks']} ticks over {document['votes']} stored votes give "
        f"{document['signals']} signals"
    )
    out.print(f"  hash of the day's decisions  {document['decisions_hash']}")
    _pruned(document, "they cannot be replayed any more")
    _findings(document, good="the same as recorded, hash by hash")


def show_verified(document: Document) -> None:
    out = screen()
    out.print(f"{document['records']} records under {document['heads']} heads")
    out.print(f"  last record  {document['last_hash'] or '-'}")
    out.print(f"  last head    {document['last_head_hash'] or '- (no day is over)'}")
    if document["covered_day"]:
        out.print(
            f"  the head you kept is that of {document['covered_day']}: "
            f"records 1 to {document['covered_records']} are as they were then"
        )
    elif document["against"] is None:
        out.print(
            "  held against nothing from elsewhere: give --against a head's hash that you kept"
        )
    _pruned(document, "their records are counted against heads alone, not against ticks")
    _findings(document, good="whole")


def show_heads(document: Document) -> None:
    out = screen()
    rows = [
        (head["day"], head["count"], head["first_sequence"], head["head_hash"])
        for head in document["items"]
    ]
    columns = ("day (UTC)", ">signals", ">first no.", "head hash")
    out.print(table("heads", columns, rows, empty="no day is over yet"))
    held = document["open_day"]
    if held is not None:
        out.print(
            f"[dim]{held['day']} is open: {held['count']} signals; its head comes with the first tick from "
            f"{clock_time(held['head_from'])} UTC on[/dim]"
        )


def show_proof(summary: Document) -> None:
    out = screen()
    out.print(
        f"wrote [bold]{escape(summary['file'])}[/]: signal {summary['nth']} of {summary['of']} on {summary['day']}"
    )
    out.print(f"  head hash  {summary['head_hash']}")
    out.print(
        "  check it by the program in docs/concepts/signal-proofs.md, with a head hash kept elsewhere"
    )


def show_votes(rows: Sequence[Document], *, pruned_before: str = "") -> None:
    """pruned_before: told when the list came to its end there."""
    columns = (
        ">no.", "source", "symbol", "vote", ">p_up", "status", "reason", "data of (UTC)", "counts from (UTC)",
    )  # fmt: skip
    shown = [
        (
            row["number"], row["source"], row["symbol"], row["direction"], row["p_up"], row["status"],
            row["reason"], clock_time(row["as_of"]), clock_time(row["fetched_at"]),
        )
        for row in rows
    ]  # fmt: skip
    screen().print(table("votes", columns, shown, empty="none"))
    _pruned({"pruned_before": pruned_before}, "their votes are gone")


def _pruned(document: Document, so: str) -> None:
    if document["pruned_before"]:
        screen().print(
            f"  days before {document['pruned_before']} are pruned (retention.votes_days): {so}"
        )


def _findings(document: Document, *, good: str) -> None:
    out, findings = screen(), document["findings"]
    if not findings:
        out.print(f"[bold green]{good}[/]")
        return
    out.print(f"[bold red]{len(findings)} things differ[/]")
    rows = [(one["code"], one["where"], one["text"]) for one in findings]
    out.print(table("", ("code", "where", "what was found"), rows))


def _status(row: Document) -> str:
    refusals = ", ".join(
        code if isinstance(code, str) else code["code"] for code in row["refusals"]
    )
    return f"{row['status']}: {refusals}" if refusals else str(row["status"])


def _now(row: Document) -> str:
    if row["ended_at"] is not None:
        return f"ended: {row['end_reason']}"
    return "stands" if row["stands"] else "run out"


def _ended(row: Document) -> str:
    if row["ended_at"] is not None:
        return f"ended {clock_time(row['ended_at'])} UTC: {row['end_reason']}"
    return "stands" if row["stands"] else "its time is up; no tick has ended it yet"


def _ballot(ballot: Document) -> tuple[Any, ...]:
    vote = ballot["vote"] or {}
    return (
        ballot["source"],
        ballot["weight"],
        ballot["counted"],
        vote.get("p_up"),
        ballot["age_s"],
        vote.get("reason"),
        ballot["abstention"],
    )


def _skip_words(code: str) -> str:
    if code == "TICK_NOT_NEW":
        return "the clock stands or went back; nothing is decided until it is past the last tick"
    return "the tick could not be stored; the next is tried all the same"


def _notes(rows: Sequence[Document]) -> None:
    out = screen()
    if any(row["probability"] is None for row in rows):
        out.print(f"[dim]{SCORE_NOTE}[/dim]")
    if any(row["simulated"] for row in rows):
        out.print(f"[dim]{SIMULATED_NOTE}[/dim]")
