"""Masking secrets in a body before it is stored: in JSON however it is escaped, and in what is no JSON at all."""

import json
import re
from typing import Final

MASK: Final = b'"***"'
SHORTEST_SECRET: Final = 8
"""A masked value of at least this length is masked wherever else it stands in the body."""

_WORDS: Final = (b"secret", b"passphrase", b"password", b"token", b"api_key", b"apikey")
_STRING: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_QUOTE_IN_STRING: Final = re.compile(rb'\\+"')
_BARE: Final = re.compile(rb"""[^\s,}\]&"']*""")
_DECODER: Final = json.JSONDecoder(strict=False)
# what follows the word: the rest of the name, quotes and a colon; or, the colon forgotten, one more quote
_SEPARATOR: Final = re.compile(
    rb"""(?:\w|\\u[0-9a-fA-F]{4}){0,32}(?:[\\"']*\s*[:=]\s*|["']\s*(?=["']))"""
)


def _escaped(word: bytes) -> bytes:
    """The word, each letter plain or as JSON's \\uXXXX, in either case."""
    letters = word.decode()
    return "".join(
        rf"(?:{letter}|\\u00(?:{ord(letter):02x}|{ord(letter.upper()):02x}))" for letter in letters
    ).encode()


_ESCAPED_WORD: Final = re.compile(b"|".join(map(_escaped, _WORDS)), re.IGNORECASE)


def redact(raw: bytes) -> bytes:
    """The bytes with the value of everything that is named like a secret replaced by "***", all else as it was.

    It errs towards hiding: a value whose end cannot be told hides the rest of the body.
    """
    if b"\0" in raw:
        # No JSON in UTF-8 holds a null: what names a secret in wider characters is dropped as a whole.
        return MASK if _words(raw.replace(b"\0", b"")) else raw
    parts, hidden, done = [], set(), 0
    for end_of_word in _words(raw):
        separator = _SEPARATOR.match(raw, end_of_word) if end_of_word > done else None
        if separator is None:
            continue
        start = separator.end()
        parts += [raw[done:start], MASK]
        done = _end_of_value(raw, start)
        hidden.add(raw[start:done].strip(b"\"'\\"))
    masked = b"".join([*parts, raw[done:]])
    for value in hidden:
        if len(value) >= SHORTEST_SECRET:
            masked = masked.replace(value, MASK.strip(b'"'))
    return masked


def _words(raw: bytes) -> list[int]:
    """Where words for a secret end, in order."""
    if b"\\u" in raw:
        return [match.end() for match in _ESCAPED_WORD.finditer(raw)]
    lowered, ends = raw.lower(), []
    for word in _WORDS:
        place = lowered.find(word)
        while place >= 0:
            ends.append(place + len(word))
            place = lowered.find(word, place + len(word))
    return sorted(ends)


def _end_of_value(raw: bytes, start: int) -> int:
    first = raw[start : start + 1]
    if first == b'"':
        match = _STRING.match(raw, start)
        return match.end() if match else len(raw)
    if first == b"\\":
        opening = _QUOTE_IN_STRING.match(raw, start)
        closing = raw.find(b'"', opening.end()) if opening else -1
        return closing + 1 if closing >= 0 else len(raw)
    if first == b"'":
        closing = raw.find(b"'", start + 1)
        return closing + 1 if closing >= 0 else len(raw)
    if first in {b"{", b"["}:
        try:
            # one byte is one character in Latin-1, and JSON's own marks are the same there
            return start + _DECODER.raw_decode(raw[start:].decode("latin-1"))[1]
        except (ValueError, RecursionError):
            return len(raw)
    bare = _BARE.match(raw, start)
    return bare.end() if bare else len(raw)
