"""What setting up a terminal consists of: each step is data, so that a plan can be shown before anything is done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PureWindowsPath
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeDirectory:
    path: PureWindowsPath


@dataclass(frozen=True, slots=True, kw_only=True)
class MakePrivate:
    """Nobody but `user` may read what lies in there: it holds keys and passwords."""

    path: PureWindowsPath
    user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyTree:
    """Everything below `source`; nothing if `unless` is there already. `leave_out` are names of files and folders."""

    source: PureWindowsPath
    target: PureWindowsPath
    unless: PureWindowsPath | None = None
    leave_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteFile:
    """`text` as a whole. What stands in `secrets` is filled in when it is written, and shown as `***` before."""

    path: PureWindowsPath
    text: str
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    encoding: str = "utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A command; it fails when its exit code is not among `codes`."""

    argv: tuple[str, ...]
    codes: tuple[int, ...] = (0,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compile:
    """MetaEditor's exit code says nothing: its log must tell of no error and no warning, and the program be there."""

    argv: tuple[str, ...]
    log: PureWindowsPath
    program: PureWindowsPath


@dataclass(frozen=True, slots=True, kw_only=True)
class RequireSettled:
    """Go on only if this journal holds no order in doubt and nothing that the gateway has not been told."""

    journal: PureWindowsPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove:
    """A file or a folder with all that is in it; nothing if it is not there. `keep` are names that stay."""

    path: PureWindowsPath
    keep: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """What no program can do here: the clicks, in order."""

    clicks: tuple[str, ...]


Action = (
    MakeDirectory
    | MakePrivate
    | CopyTree
    | WriteFile
    | Run
    | Compile
    | RequireSettled
    | Remove
    | ByHand
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`why` is one sentence for a person."""

    why: str
    action: Action


def step_document(step: Step) -> dict[str, Any]:
    """A step for programs and for the screen, with no secret in it."""
    action = step.action
    shown: dict[str, Any]
    match action:
        case MakeDirectory(path=path):
            shown = {"do": "make_directory", "path": str(path)}
        case MakePrivate(path=path, user=user):
            shown = {"do": "make_private", "path": str(path), "user": user}
        case CopyTree(source=source, target=target, unless=unless, leave_out=left):
            shown = {"do": "copy", "from": str(source), "to": str(target), "leave_out": list(left)}
            shown["unless"] = None if unless is None else str(unless)
        case WriteFile(path=path, text=text, secrets=secrets):
            shown = {
                "do": "write",
                "path": str(path),
                "text": filled(text, dict.fromkeys(secrets, "***")),
            }
        case Run(argv=argv):
            shown = {"do": "run", "argv": list(argv)}
        case Compile(argv=argv, log=log, program=program):
            shown = {"do": "compile", "argv": list(argv), "log": str(log), "program": str(program)}
        case RequireSettled(journal=journal):
            shown = {"do": "require_settled", "journal": str(journal)}
        case Remove(path=path, keep=keep):
            shown = {"do": "remove", "path": str(path), "keep": list(keep)}
        case ByHand(clicks=clicks):
            shown = {"do": "by_hand", "clicks": list(clicks)}
    return {**shown, "why": step.why}


def filled(text: str, values: Mapping[str, str]) -> str:
    """`text` with every `{name}` of `values` filled in; other braces stay."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text
