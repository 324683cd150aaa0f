"""Will the signals' file fill the disk before old days make room for new ones?"""

import os
import shutil
from collections.abc import Iterator
from typing import Final

from argos.cli.doctor.finding import Finding, fail, ok, skipped, warn
from argos.core.errors import ArgosError
from argos.settings import load_config
from argos.signals.disk_use import DiskUse, disk_use
from argos.signals.file import FILE, SignalFile
from argos.signals.settings import Retention
from argos.stack.home import Home

CHECK: Final = "signal store"
DAYS_LEFT_MIN: Final = 3.0
ENOUGH_DAYS: Final = 90.0
"""With so much time left nobody who keeps all for ever has to be warned."""
MIB: Final = 1 << 20
KEPT_FREE_BYTES: Final = 1 << 30
"""What others on this disk must have: below it the doctor's check of the disk fails."""


def examine_signal_store(home: Home) -> Iterator[Finding]:
    path = home.root / FILE
    if not path.exists():
        yield skipped(CHECK, "the signal service never ran in this home")
        return
    try:
        keep = load_config(home, os.environ).signals.keep
        file = SignalFile.look(path)
        try:
            use = disk_use(file, path)
        finally:
            file.close()
    except ArgosError as error:
        yield fail(CHECK, error.message, fix=error.fix or "see logs/signals.log")
        return
    yield judge_store(use, keep, disk_free_bytes=shutil.disk_usage(home.root).free)


def judge_store(use: DiskUse, keep: Retention, *, disk_free_bytes: int) -> Finding:
    """By today's rate, which is that of the hours that were looked at."""
    shown = f"{use.file_bytes / MIB:.0f} MiB, {use.days} days that can be replayed"
    if use.pruned_before:
        shown += f" (from {use.pruned_before} on)"
    if use.bytes_a_day is None:
        return ok(CHECK, f"{shown}; too new to say how fast it grows")
    shown += f", {use.bytes_a_day / MIB:.1f} MiB a day"
    room = max(disk_free_bytes - KEPT_FREE_BYTES, 0) + use.free_bytes
    growth = use.growth_bytes(keep)
    if not use.bytes_a_day or (growth is not None and growth + use.free_bytes <= room):
        return ok(CHECK, shown)
    days_left = room / use.bytes_a_day
    if growth is None and days_left > ENOUGH_DAYS:
        return ok(
            CHECK, f"{shown}; nothing is pruned, and the disk is full in {days_left:.0f} days"
        )
    affordable = int(use.days + days_left) - 1
    fix = "free some space where the home is"
    if affordable >= 1:
        fix = f"argos config set retention.votes_days={affordable}, restart the service; or {fix}"
    told = f"{shown}: at this rate the disk is full in {days_left:.0f} days"
    return (fail if days_left < DAYS_LEFT_MIN else warn)(CHECK, told, fix=fix)
