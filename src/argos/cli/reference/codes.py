"""error-codes.md: every code, where it comes from and what to do, read from the source text itself."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from argos.cli.reference.markdown import code, page, section, table
from argos.consensus.decision import Reason
from argos.core.denial import DenialCode
from argos.proofs.faults import FaultCode
from argos.protocol.intent_body import IntentBody
from argos.reconcile.discrepancy_codes import DiscrepancyCode
from argos.reconcile.result import Divergence
from argos.signals.findings import FindingCode
from argos.sources.reasons import SourceReason

SOURCE: Final = Path(__file__).resolve().parents[2]
AREAS: Final[Mapping[str, str]] = {
    "protocol": "What is in an alert or a message",
    "flows": "What is in an alert or a message",
    "gateway": "The HTTP API",
    "store": "The database",
    "dsn": "The database",
    "provisioning": "The database",
    "stack": "Home, processes, embedded PostgreSQL",
    "settings": "Home, processes, embedded PostgreSQL",
    "plans": "Home, processes, embedded PostgreSQL",
    "entries": "Home, processes, embedded PostgreSQL",
    "cli": "The command line",
    "node": "Nodes",
    "venues": "Venues",
    "paperbroker": "Paper brokers",
    "exchange": "Paper brokers",
    "rehearsal": "Demo and torture",
    "consensus": "Consensus and signals",
    "proofs": "Consensus and signals",
    "sources": "Consensus and signals",
    "config": "The configuration",
    "hindsight": "Consensus and signals",
    "signals": "Consensus and signals",
    "prices": "Price files and tables of signals",
    "core": "General",
}
"""Room to heading; a room that is not named here comes under General."""
GENERAL: Final = "General"
ALARMS: Final = frozenset(
    {
        "ORDER_ILLEGAL_TRANSITION",
        "ORDER_MOVED_AFTER_END",
        "ORDER_OVERFILLED",
        "POSITION_OVERCLOSED",
        "REVERSE_CLOSE_FAILED",
    }
)
NOUNS: Final = ("account", "hook", "key", "node", "route")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCode:
    """A code as some call in the source gives it, with the texts beside it."""

    code: str
    area: str
    message: str
    fix: str


def codes_page() -> str:
    found = sorted(read_codes(SOURCE), key=lambda item: item.code)
    areas = dict.fromkeys(AREAS.values())
    return page(
        "Codes",
        "Every refusal, finding and error has a code that does not change. Words in braces are filled in.",
        section("Denials", _DENIALS, _denials()),
        section("Discrepancies", _DISCREPANCIES, _discrepancies()),
        section(
            "Divergence of a leg",
            "Codes in `divergence` of a reconciled leg.",
            _meanings(Divergence),
        ),
        section("Reasons of the consensus", _REASONS, _meanings(Reason)),
        section("Reasons of the sources", _SOURCE_REASONS, _source_reasons()),
        section("Faults of proofs", _FAULTS, _meanings(FaultCode)),
        section("Findings in a signal file", _FILE_FINDINGS, _meanings(FindingCode)),
        *(
            section(area, table(("code", "message", "what to do"), _rows(found, area)))
            for area in areas
            if any(item.area == area for item in found)
        ),
        section("Alarms", _ALARMS, ", ".join(code(name) for name in sorted(ALARMS))),
    )


_DENIALS: Final = (
    "Argos itself refuses a leg: nothing was sent. The order is `denied` with this code, or, where there is no "
    "order to deny, the leg is refused with it. Both stand in the story."
)
_DISCREPANCIES: Final = "What reconciliation found to differ: `argos discrepancies`."
_REASONS: Final = "Why the consensus gave no signal for a symbol, or why a signal ended."
_SOURCE_REASONS: Final = (
    "`reason` of a vote. `SIMULATED_` before it: a fixture server had a part in it."
)
_FAULTS: Final = "What does not hold in a chain of signals, a day's head or a proof."
_FILE_FINDINGS: Final = "What `argos signals verify` and `argos signals replay` find beside those."
_ALARMS: Final = (
    "Something moved after it had been called finished, or could not be: `argos alarms`."
)


def _denials() -> str:
    return table(("code", "what to do"), ((code(item.value), item.fix) for item in DenialCode))


def _discrepancies() -> str:
    rows = ((code(item.value), item.meaning, item.fix) for item in DiscrepancyCode)
    return table(("code", "means", "what to do"), rows)


def _meanings(codes: Iterable[Divergence | Reason | FaultCode | FindingCode]) -> str:
    return table(("code", "means"), ((code(item.value), item.meaning) for item in codes))


def _source_reasons() -> str:
    rows = ((code(item.code), code(item.status.value), item.meaning) for item in SourceReason)
    return table(("code", "status", "means"), rows)


def _rows(found: Iterable[FoundCode], area: str) -> Iterator[tuple[str, str, str]]:
    for item in found:
        if item.area == area:
            yield code(item.code), item.message, item.fix


def read_codes(source: Path) -> list[FoundCode]:
    """One entry per code: the first place in the source that gives it a message, in order of files."""
    known: dict[str, FoundCode] = {}
    named = {item.value for item in (*DenialCode, *DiscrepancyCode)} | ALARMS
    for path in sorted(source.rglob("*.py")):
        room = path.relative_to(source).parts[0].removesuffix(".py")
        for found in _in_file(path, area=AREAS.get(room, GENERAL)):
            held = known.get(found.code)
            if found.code not in named and (held is None or not held.message):
                known[found.code] = found
    for found in (*_of_intent_fields(), *_of_nouns()):
        known.setdefault(found.code, found)
    return list(known.values())


def _in_file(path: Path, *, area: str) -> Iterator[FoundCode]:
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            found = _of_call(node, area=area)
            if found is not None:
                yield found
        elif isinstance(node, ast.ClassDef):
            yield from _of_class(node, area=area)


def _of_call(call: ast.Call, *, area: str) -> FoundCode | None:
    """`Something("message", code="CODE", fix="...")`, or `refuse("CODE", "message", fix="...")`."""
    given = {word.arg: word.value for word in call.keywords if word.arg}
    texts = [_text(argument) for argument in call.args]
    name = _text(given["code"]) if "code" in given else (texts[0] if texts[:1] else "")
    if not _is_code(name):
        return None
    if "code" in given:
        message = _text(given["message"]) if "message" in given else (texts[0] if texts else "")
    elif len(texts) > 1 and ("fix" in given or " " in texts[1]):
        message = texts[1]
    else:
        return None
    fix = _text(given["fix"]) if "fix" in given else ""
    return FoundCode(code=name, area=area, message=message, fix=fix)


def _of_class(node: ast.ClassDef, *, area: str) -> Iterator[FoundCode]:
    """`default_code` of an error class; its docstring says what it means."""
    for line in node.body:
        target = line.targets[0] if isinstance(line, ast.Assign) else getattr(line, "target", None)
        value = getattr(line, "value", None)
        if isinstance(target, ast.Name) and target.id == "default_code" and value is not None:
            words = (ast.get_docstring(node) or "").split("\n")[0]
            yield FoundCode(code=_text(value), area=area, message=words, fix="")


def _is_code(text: str) -> bool:
    return len(text) > 3 and text.isascii() and text.replace("_", "").isalnum() and text.isupper()


def _text(node: ast.expr) -> str:
    """A literal as it reads, with `{name}` for what is filled in; empty for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_part(part) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text(node.left) + _text(node.right)
    return ""


def _part(node: ast.expr) -> str:
    if isinstance(node, ast.FormattedValue):
        return f"{{{_last_name(node.value)}}}"
    return _text(node)


def _last_name(node: ast.expr) -> str:
    """`order.account` reads {account}; anything that is no name reads {...}."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else "..."


def _of_intent_fields() -> Iterator[FoundCode]:
    """The codes that are made of a field's name: INTENT_SYMBOL_MISSING and its like."""
    area = AREAS["protocol"]
    for name, info in IntentBody.model_fields.items():
        kinds = (("MISSING", f"add {name} to the alert message"),) if info.is_required() else ()
        for kind, fix in (*kinds, ("INVALID", f"see intent.md for what {name} may be")):
            word = "is required" if kind == "MISSING" else "is not what it may be"
            message = f"{name} {word}"
            yield FoundCode(
                code=f"INTENT_{name.upper()}_{kind}", area=area, message=message, fix=fix
            )
    for name, word in (("sl", "stop"), ("tp", "target")):
        yield FoundCode(
            code=f"INTENT_{name.upper()}_WRONG_SIDE",
            area=area,
            message=f"the {word} lies on the wrong side of entry_price",
            fix="for a buy the stop lies below the entry and the target above it; for a sell the reverse",
        )


def _of_nouns() -> Iterator[FoundCode]:
    """The codes that are made of the name of what is configured: ACCOUNT_UNKNOWN and its like."""
    for noun in NOUNS:
        for kind, message, verb in (
            ("UNKNOWN", f"there is no {noun} of that name", "add"),
            ("EXISTS", f"there is a {noun} of that name already", "edit"),
        ):
            fix = f"argos {noun}s {verb} NAME"
            yield FoundCode(
                code=f"{noun.upper()}_{kind}", area=AREAS["cli"], message=message, fix=fix
            )
