"""`argos signals`: run the service, see what it said and why, and check that nothing was changed since."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from argos.cli.frame.apart import become
from argos.cli.frame.entrance import EXIT_ERROR, chosen_home
from argos.cli.frame.groups import group
from argos.cli.frame.printing import AsJson, print_json
from argos.cli.signals.calibrating import calibrate
from argos.cli.signals.file import opened_signals
from argos.cli.signals.pruned import prune
from argos.cli.signals.shown import (
    show_heads,
    show_proof,
    show_replay,
    show_signal,
    show_signals,
    show_status,
    show_verified,
    show_votes,
)
from argos.cli.trades.reading import LIMIT, Limit, OfSymbol, Since
from argos.core.texts import optional_moment
from argos.signals import reading
from argos.signals.cut import cut_of
from argos.signals.replaying import replay_day
from argos.signals.status import STATUS_FILE, is_running, read_status, waiting
from argos.signals.verifying import verify_file
from argos.stack.home import write_atomically

Answer = TypeVar("Answer")
Signal = Annotated[
    str,
    typer.Argument(help="Its number in the chain, its id, or how that begins.", metavar="SIGNAL"),
]


def register(app: typer.Typer) -> None:
    noun = group(
        app,
        "signals",
        listing=list_signals,
        text="Consensus signals: run the service, list, why, replay, verify, proofs.",
    )
    noun.command("run", epilog="Examples: `argos signals run`; `argos signals run --seconds 60`.")(
        run
    )
    noun.command(
        "show", epilog="Examples: `argos signals show 41`; `argos signals show 24ed3ecf`."
    )(show)
    noun.command("status", epilog="Example: `argos signals status --json`.")(status)
    noun.command(
        "replay",
        epilog="Examples: `argos signals replay 2026-11-20`; `argos signals replay 2026-11-20 --whole`.",
    )(replay)
    noun.command(
        "verify",
        epilog="Examples: `argos signals verify`; `argos signals verify --against HEAD_HASH`.",
    )(verify)
    noun.command(
        "prune",
        epilog="Examples: `argos signals prune --dry-run`; `argos signals prune --json`.",
    )(prune)
    noun.command("heads", epilog="Example: `argos signals heads`.")(heads)
    noun.command("proof", epilog="Example: `argos signals proof 41 --out proof-41.json`.")(proof)
    noun.command("votes", epilog="Example: `argos signals votes --symbol AAPL -n 50`.")(votes)
    noun.command(
        "calibrate",
        epilog="Examples: `argos signals calibrate prices/ --horizon-s 3600`; "
        "`argos signals calibrate minutes.parquet --horizon-s 300 --split 2026-10-01T00:00:00Z`.",
    )(calibrate)


def _read(context: typer.Context, question: Callable[[Any], Answer]) -> Answer:
    """The answer to a question to the file as it is at one moment."""
    with opened_signals(chosen_home(context).root) as file, file.reading() as connection:
        return question(connection)


def _now() -> datetime:
    return datetime.now(tz=UTC)


def list_signals(
    context: typer.Context,
    limit: Limit = LIMIT,
    symbol: OfSymbol = None,
    status: Annotated[
        str | None, typer.Option(help="Only valid, refused, standing or ended ones.")
    ] = None,
    since: Since = None,
    as_json: AsJson = False,
) -> None:
    """Signals, newest first: what they say, how sure, what became of them. Refused ones too, with the reason."""
    begin = optional_moment(since, field="--since")
    rows = _read(
        context,
        lambda connection: reading.signals(
            connection, now=_now(), limit=limit, symbol=symbol, status=status, since=begin
        ),
    )
    if as_json:
        print_json({"items": rows})
        return
    show_signals(rows)


def run(
    context: typer.Context,
    seconds: Annotated[
        float | None, typer.Option(min=0.1, help="End after so long; else run until stopped.")
    ] = None,
) -> None:
    """Ask the sources, and every five seconds decide on every symbol. Log lines are JSON, on stderr.

    Every signal is chained and stored in the home. A source without a key asks the fixture server
    (`argos sources fixture`), and what it had a part in says simulated. Not beside `argos sources run`.
    """
    home = chosen_home(context)
    become(home, "argos.entries.signals", [str(seconds)] if seconds is not None else [])


def show(context: typer.Context, signal: Signal, as_json: AsJson = False) -> None:
    """One signal and its why: every source's vote, what counted, every check, where it stands in the chain."""
    document = _read(
        context, lambda connection: reading.signal_named(connection, signal, now=_now())
    )
    if as_json:
        print_json(document)
        return
    show_signal(document)


def status(context: typer.Context, as_json: AsJson = False) -> None:
    """Whether the service runs, its last tick, the chain's end, and what others have still to be told.

    Exit code 1 when it does not run, or does not come to tick.
    """
    home = chosen_home(context)
    with opened_signals(home.root) as file:
        held = read_status(home.root / STATUS_FILE)
        document = {
            "running": held is not None and is_running(held, now=_now()),
            "waiting": waiting(file),
            "status": held,
        }
    if as_json:
        print_json(document)
    else:
        show_status(document)
    if not document["running"] or (held and held["skipped"]):
        raise typer.Exit(EXIT_ERROR)


def replay(
    context: typer.Context,
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="A UTC day.")],
    whole: Annotated[
        bool, typer.Option("--whole", help="From the first tick that is kept, not the day's.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compute a day's signals again from its stored votes, and hold them against what was recorded.

    Exit code 1, and what differs, if anything does. It begins with what the board stood at before the day; the day
    before must lead to the same, which is checked with that one, and with --whole.
    """
    done = _read(
        context, lambda connection: replay_day(connection, day.date().isoformat(), whole=whole)
    )
    document = {
        "day": done.day,
        "first_tick": done.first_tick,
        "ticks": done.ticks,
        "votes": done.votes,
        "signals": len(done.signals),
        "decisions_hash": done.decisions_hash,
        "pruned_before": done.pruned_before or None,
        "findings": _findings(done.findings),
    }
    if as_json:
        print_json(document)
    else:
        show_replay(document)
    if done.findings:
        raise typer.Exit(EXIT_ERROR)


def verify(
    context: typer.Context,
    against: Annotated[
        str | None,
        typer.Option(help="Hash of a head that you kept elsewhere.", metavar="HEAD_HASH"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check every record, link, head and stored setting of the file. Exit code 1, and what is wrong, if anything is.

    Without --against a file that was rewritten throughout passes as well: give heads to others in time.
    """
    kept = None if against is None else against.strip().lower()
    done = _read(context, lambda connection: verify_file(connection, against=kept))
    document = {
        "records": done.records,
        "heads": done.heads,
        "last_hash": done.last_hash or None,
        "last_head_hash": done.last_head_hash or None,
        "against": kept,
        "covered_day": done.covered_day or None,
        "covered_records": done.covered,
        "pruned_before": done.pruned_before or None,
        "findings": _findings(done.findings),
    }
    if as_json:
        print_json(document)
    else:
        show_verified(document)
    if done.findings:
        raise typer.Exit(EXIT_ERROR)


def heads(context: typer.Context, as_json: AsJson = False) -> None:
    """The head of every day that is over, newest first. Give the hash of one to others, and keep it elsewhere."""
    document = _read(
        context,
        lambda connection: {
            "items": reading.heads(connection),
            "open_day": reading.open_day(connection),
        },
    )
    if as_json:
        print_json(document)
        return
    show_heads(document)


def proof(
    context: typer.Context,
    signal: Signal,
    out: Annotated[Path | None, typer.Option(help="Write the proof there.", metavar="FILE")] = None,
    as_json: AsJson = False,
) -> None:
    """A file that proves that a signal was recorded on its day and is unchanged; checked without Argos.

    The day must be over and have a head. On stdout unless --out names a file.
    """
    document = _read(context, lambda connection: reading.proof(connection, signal, now=_now()))
    if out is None:
        print_json(document)
        return
    write_atomically(out, json.dumps(document, indent=1, ensure_ascii=False) + "\n", mode=0o644)
    summary = {"file": str(out), **reading.proof_summary(document)}
    if as_json:
        print_json(summary)
        return
    show_proof(summary)


def votes(
    context: typer.Context,
    limit: Limit = LIMIT,
    symbol: OfSymbol = None,
    source: Annotated[str | None, typer.Option(help="Only of this source.")] = None,
    as_json: AsJson = False,
) -> None:
    """Stored votes, newest first: those that the board took. One that only came again is not among them.

    Votes of days that are pruned are gone: `pruned_before` is the first day that is whole.
    """
    rows, cut = _read(
        context,
        lambda connection: (
            reading.votes(connection, limit=limit, symbol=symbol, source=source),
            cut_of(connection),
        ),
    )
    if as_json:
        print_json({"items": rows, "pruned_before": cut.day or None})
        return
    show_votes(rows, pruned_before=cut.day if len(rows) < limit else "")


def _findings(found: list[Any]) -> list[dict[str, str]]:
    return [{"code": one.code, "where": one.where, "text": one.text} for one in found]
