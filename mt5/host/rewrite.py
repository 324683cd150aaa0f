"""Turns an expert advisor, written in the subset of `docs/concepts/mql5-subset.md`, into C++ for the host.

Line numbers are kept, so that messages of the compiler and the debugger point at the MQL5 file. What C++ takes and
MetaEditor would not is refused: a green test of such a source would mean nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)
    |(?P<directive>(?<![^\n])[ \t]*\#[^\n]*)
    |(?P<date>\bD'[^'\n]*')
    |(?P<color>\bC'[^'\n]*')
    |(?P<text>"(?:\\.|[^"\\\n])*")
    |(?P<char>'(?:\\.|[^'\\\n])+')
    |(?P<word>[A-Za-z_]\w*)
    |(?P<number>\.?\d(?:[eE][+-]|[\w.])*)
    |(?P<mark>->|::|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|.)""",
    re.VERBOSE | re.DOTALL,
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NOT_MQL5 = _words(
    """alignas alignof auto catch co_await co_return co_yield concept consteval constexpr constinit
    const_cast decltype dynamic_cast explicit export extern friend goto inline mutable namespace
    noexcept nullptr register reinterpret_cast requires signed size_t static_assert static_cast throw
    try typeid typename union unsigned using volatile wchar_t std int8_t int16_t int32_t int64_t
    uint8_t uint16_t uint32_t uint64_t"""
)
_OUTSIDE = _words("class delete interface new operator template this virtual")
_NO_TYPE = _words("return else case do sizeof break continue default")
_DIRECTIVE = re.compile(r"[ \t]*#[ \t]*(\w+)(.*)", re.DOTALL)
_INCLUDE = re.compile(r"\s*(?:<([^>]+)>|\"([^\"]+)\")")
_TERMINAL_STRUCTS = frozenset(
    {"MqlTick", "MqlTradeRequest", "MqlTradeResult", "MqlTradeTransaction"}
)


class NotInSubsetError(Exception):
    """What stands there is not MQL5, or not of the part of it that both compilers take."""


@dataclass(slots=True)
class Token:
    kind: str
    text: str
    line: int


@dataclass(slots=True)
class Rewriter:
    """One program: its files are taken in once each, as MetaEditor does."""

    include_root: Path
    files: list[Path] = field(default_factory=list)
    structs: set[str] = field(default_factory=lambda: set(_TERMINAL_STRUCTS))

    def program(self, path: Path) -> str:
        return f'#include "mql5.hpp"\n{self._file(path)}'

    def _file(self, path: Path) -> str:
        self.files.append(path)
        tokens = list(tokens_of(path.read_text(encoding="utf-8")))
        self.structs |= _struct_names(tokens)
        return f'#line 1 "{path}"\n' + "".join(_Lines(self, path, tokens).rewritten())

    def include(self, name: str, *, line: int, of: Path) -> str:
        path = self.include_root / name.replace("\\", "/")
        if path in self.files:
            return ""
        if not path.is_file():
            raise NotInSubsetError(f"{of}:{line}: no file {name}")
        return f'{self._file(path)}\n#line {line} "{of}"\n'


def tokens_of(source: str) -> Iterator[Token]:
    line = 1
    for match in _TOKEN.finditer(source):
        assert match.lastgroup is not None, "every token is of a kind"
        yield Token(match.lastgroup, match.group(), line)
        line += match.group().count("\n")


def _struct_names(tokens: list[Token]) -> set[str]:
    words = [token for token in tokens if token.kind != "space"]
    return {after.text for word, after in pairwise(words) if word.text == "struct"}


class _Lines:
    """The tokens of one file on their way to C++."""

    def __init__(self, program: Rewriter, path: Path, tokens: list[Token]) -> None:
        self._program = program
        self._path = path
        self._tokens = tokens
        self._code = [n for n, token in enumerate(tokens) if token.kind != "space"]

    def rewritten(self) -> list[str]:
        out = [self._plain(token) for token in self._tokens]
        for place in range(len(self._code)):
            self._check(place)
            if self._text(place) == "input":
                self._input(place, out)
            elif self._token(place).kind == "word":
                self._array(place, out)
        return out

    def _token(self, place: int) -> Token:
        inside = 0 <= place < len(self._code)
        return self._tokens[self._code[place]] if inside else Token("end", "", 0)

    def _text(self, place: int) -> str:
        return self._token(place).text

    def _refuse(self, token: Token, why: str) -> NotInSubsetError:
        return NotInSubsetError(f"{self._path}:{token.line}: {why}")

    def _plain(self, token: Token) -> str:
        match token.kind:
            case "space":
                return re.sub(r"[^\n]", " ", token.text)
            case "text":
                return f"{token.text}_s"
            case "date":
                return f'mql_date("{token.text[2:-1]}")'
            case "color":
                raise self._refuse(token, "colours are outside the subset")
            case "directive":
                return self._directive(token)
            case _:
                return token.text

    def _directive(self, token: Token) -> str:
        found = _DIRECTIVE.fullmatch(token.text)
        name, rest = (found[1], found[2]) if found else ("", "")
        if name == "property":
            return ""
        if name == "include" and (what := _INCLUDE.match(rest)):
            return "\n" + self._program.include(
                what[1] or what[2], line=token.line, of=self._path
            ).removesuffix("\n")
        if name == "define":
            return "#define" + "".join(self._plain(part) for part in tokens_of(rest))
        raise self._refuse(token, f"#{name} is outside the subset")

    def _check(self, place: int) -> None:
        token, text, after = self._token(place), self._text(place), self._text(place + 1)
        if text in _NOT_MQL5 or text in {"->", "::"}:
            raise self._refuse(token, f"not MQL5: {text}")
        if text in _OUTSIDE:
            raise self._refuse(token, f"outside the subset: {text}")
        if text == "[" and after == "]" and self._text(place + 2) in {"(", "["}:
            raise self._refuse(token, "no lambdas, no arrays of more than one dimension")
        if text == "]" and after == "[":
            raise self._refuse(token, "no arrays of more than one dimension")
        if text == "for" and self._is_range_for(place):
            raise self._refuse(token, "not MQL5: a for over a range")
        if text in {"if", "while", "switch"} and self._text(place + 2) in {"int", "bool", "long"}:
            raise self._refuse(token, "not MQL5: a declaration as a condition")
        if text == "&" and self._is_reference_variable(place):
            raise self._refuse(token, "not MQL5: a reference that is no parameter")
        if text in self._program.structs and self._is_parameter_by_value(place):
            raise self._refuse(token, f"{text} is passed by reference only")

    def _is_range_for(self, place: int) -> bool:
        depth = 0
        for step in range(place + 1, len(self._code)):
            text = self._text(step)
            depth += (text == "(") - (text == ")")
            if depth == 0 or text in {";", "?"}:
                return False
            if text == ":":
                return True
        return False

    def _is_reference_variable(self, place: int) -> bool:
        return (
            self._token(place - 1).kind == "word"
            and self._token(place + 1).kind == "word"
            and self._text(place - 2) in {";", "{", "}", "const"}
            and self._text(place - 3) not in {"(", ","}
            and self._text(place + 2) == "="
        )

    def _is_parameter_by_value(self, place: int) -> bool:
        before = self._text(place - 1)
        if before == "const":
            before = self._text(place - 2)
        return before in {"(", ","} and self._token(place + 1).kind == "word"

    def _input(self, place: int, out: list[str]) -> None:
        """`input TYPE NAME = VALUE;` becomes a variable that the host may set by its name."""
        out[self._code[place]] = ""
        if self._text(place + 1) == "group":
            out[self._code[place + 1]] = out[self._code[place + 2]] = ""
            return
        name, end = self._text(place + 2), place
        while self._text(end) != ";":
            end += 1
        out[self._code[end]] = f'; static MqlInput mql_input_{name}("{name}", {name});'

    def _array(self, place: int, out: list[str]) -> None:
        """`TYPE name[]`, `TYPE name[N]` and `TYPE &name[]` become arrays that know their bounds."""
        by_reference = self._text(place + 1) == "&"
        name = place + 1 + by_reference
        if self._text(place) in _NO_TYPE or self._token(name).kind != "word":
            return
        if self._text(name + 1) != "[":
            return
        begins = self._text(place - 1) in {"", ";", "{", "}", "const", "static"}
        if not (by_reference or begins or self._token(place - 1).kind == "directive"):
            return
        close = name + 2
        while self._text(close) != "]":
            close += 1
        size = "".join(self._text(step) for step in range(name + 2, close))
        if not by_reference and self._text(close + 1) == ",":
            raise self._refuse(self._token(name), "one array in a declaration")
        kind = f"MqlArray<{self._text(place)}>"
        out[self._code[place]] = kind
        for step in range(name + 1, close + 1):
            out[self._code[step]] = ""
        if size and self._text(close + 1) == ";":
            out[self._code[close]] = f" = {kind}({size})"
