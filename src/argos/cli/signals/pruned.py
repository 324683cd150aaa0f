"""`argos signals prune`: what the service does between ticks, by hand and at once."""

import os
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from argos.cli.frame.entrance import chosen_home
from argos.cli.frame.printing import AsJson, print_json, screen
from argos.cli.signals.file import opened_signals
from argos.settings import load_config
from argos.signals.disk_use import disk_use
from argos.signals.file import FILE, LOCK, SignalFile
from argos.signals.pruning import Pruner, left
from argos.signals.settings import Retention
from argos.stack.home import file_lock

MIB = 1 << 20
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")]


def prune(context: typer.Context, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Let go of votes and ticks of days beyond retention.votes_days, and of told rows beyond retention.outbox_days.

    Signals, their chain, heads and proofs stay for ever. The service prunes by itself, so while it runs this is refused
    (HOME_IN_USE); --dry-run is not. It may be stopped at any moment, and goes on where it was.
    """
    home = chosen_home(context)
    keep = load_config(home, os.environ).signals.keep
    with opened_signals(home.root) as file:
        document = _plan(file, home.root / FILE, keep, dry_run=dry_run)
    if not dry_run:
        with file_lock(home.root / LOCK, held_for="the signal service"):
            _prune(home.root / FILE, keep, document)
    if as_json:
        print_json(document)
        return
    _show(document)


def _plan(file: SignalFile, path: Path, keep: Retention, *, dry_run: bool) -> dict[str, Any]:
    use = disk_use(file, path)
    with file.reading() as connection:
        rows = left(connection, keep, now=datetime.now(tz=UTC))
    return {
        "dry_run": dry_run,
        **asdict(keep),
        "pruned_before": rows.pruned_before or None,
        "rows": {
            "votes": rows.votes,
            "ticks": rows.ticks,
            "checkpoints": rows.checkpoints,
            "outbox": rows.outbox,
        },
        "file_bytes": use.file_bytes,
        "free_bytes": use.free_bytes,
        "gives_back": use.gives_back,
    }


def _prune(path: Path, keep: Retention, document: dict[str, Any]) -> None:
    file = SignalFile.open(path)
    try:
        pruner, now = Pruner(file, keep), datetime.now(tz=UTC)
        while pruner.step(now):
            pass
        use = disk_use(file, path)
    finally:
        file.close()
    document |= {"file_bytes": path.stat().st_size, "free_bytes": use.free_bytes}


def _show(document: dict[str, Any]) -> None:
    out, rows = screen(), document["rows"]
    if not any(rows.values()):
        out.print("nothing is to be pruned")
    else:
        told = ", ".join(f"{count} {name}" for name, count in rows.items() if count)
        out.print(f"{'would prune' if document['dry_run'] else 'pruned'}: {told}")
    if document["pruned_before"]:
        out.print(
            f"  days before {document['pruned_before']} cannot be replayed; their signals stay"
        )
    free = document["free_bytes"] / MIB
    out.print(f"  the file has {document['file_bytes'] / MIB:.1f} MiB, {free:.1f} of them free")
    if free and not document["gives_back"]:
        out.print(
            "  made by an older version, it uses free space again and gives none back: docs/how-to/disk-use.md"
        )
