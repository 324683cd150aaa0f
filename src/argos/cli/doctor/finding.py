"""What one check found."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """`skipped`: could not be looked at, because of something that another check tells."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`fix` says what to do; it is empty only when nothing has to be done."""

    check: str
    state: State
    detail: str
    fix: str = ""


def ok(check: str, detail: str) -> Finding:
    return Finding(check=check, state=State.OK, detail=detail)


def warn(check: str, detail: str, *, fix: str) -> Finding:
    return Finding(check=check, state=State.WARN, detail=detail, fix=fix)


def fail(check: str, detail: str, *, fix: str) -> Finding:
    return Finding(check=check, state=State.FAIL, detail=detail, fix=fix)


def skipped(check: str, why: str) -> Finding:
    return Finding(check=check, state=State.SKIPPED, detail=why)
