"""What is stored of a body never shows a secret, however it is written; all else stays as it was."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from argos.protocol.redaction import MASK, redact

SECRET = "correct-horse-7"

WRITTEN = {
    "plain": b'{"secret": "correct-horse-7", "a": 1}',
    "spaces": b'{ "secret"  :\n\t"correct-horse-7" }',
    "first and last": b'{"secret":"correct-horse-7"}',
    "an escaped name": rb'{"\u0073ecret": "correct-horse-7"}',
    "a fully escaped name": rb'{"\u0073\u0065\u0063\u0072\u0065\u0074": "correct-horse-7"}',
    "upper case escapes": rb'{"s\u0065cre\u0054": "correct-horse-7"}',
    "another case": b'{"Secret": "correct-horse-7", "SECRET": "correct-horse-7"}',
    "a name around it": b'{"client_secret_v2": "correct-horse-7"}',
    "a passphrase": b'{"passphrase": "correct-horse-7"}',
    "twice": b'{"secret": "correct-horse-7", "secret": "correct-horse-7"}',
    "nested": b'{"a": [{"secret": "correct-horse-7"}]}',
    "an object": b'{"secret": {"value": "correct-horse-7"}, "a": 1}',
    "a list": b'{"secret": ["correct-horse-7", [1]], "a": 1}',
    "JSON in a text": rb'{"text": "{\"secret\": \"correct-horse-7\"}"}',
    "JSON in a text in a text": rb'"{\"text\": \"{\\\"secret\\\": \\\"correct-horse-7\\\"}\"}"',
    "the value elsewhere, too": b'{"secret": "correct-horse-7", "note": "my correct-horse-7!"}',
    "the value before": b'{"note": "correct-horse-7", "secret": "correct-horse-7"}',
    "single quotes": b"{'secret': 'correct-horse-7'}",
    "a form": b"secret=correct-horse-7&side=buy",
    "YAML": b"side: buy\nsecret: correct-horse-7\n",
    "no quotes": b"{secret: correct-horse-7}",
    "an open string": b'{"a": "open, "secret": "correct-horse-7"}',
    "cut off in the value": b'{"secret": "correct-horse-7',
    "cut off in an object": b'{"secret": {"a": "correct-horse-7"',
    "a forgotten colon": b'{"secret" "correct-horse-7"}',
    "wide characters": '{"secret": "correct-horse-7"}'.encode("utf-16"),
    "wider characters": '{"secret": "correct-horse-7"}'.encode("utf-32"),
    "after bytes that are no text": b'\xff\xfe{"secret": "correct-horse-7"}',
}


@pytest.mark.parametrize("written", WRITTEN)
def test_the_secret_is_gone_however_it_is_written(written: str) -> None:
    stored = redact(WRITTEN[written])
    assert SECRET.encode() not in stored.replace(b"\0", b"")


@pytest.mark.parametrize(
    "body",
    [
        b'{"trade_id": "t", "symbol": "EURUSD"}',
        b'{"note": "a secret agent buys a token of love"}',
        b"",
        b"\x00\xff",
        b'{"a": "\xff\xfe"}',
    ],
)
def test_a_body_without_a_secret_stays_as_it_was(body: bytes) -> None:
    assert redact(body) == body


def test_all_but_the_secret_stays_byte_by_byte() -> None:
    before, after = b'{ "price":1.50,"t":"\\u00e4\xc3\xa4",\n"secret" : ', b' ,"x":[1, 2]}'
    assert redact(before + b'"a \\"quoted\\" one"' + after) == before + MASK + after


_names = st.sampled_from(["secret", "Secret", "passphrase", "api_key"])
_texts = st.text(min_size=8, max_size=40)


def _escape(text: str, *, every: int) -> str:
    """A JSON string in which every n-th character that may be is written as \\uXXXX."""
    parts = []
    for place, letter in enumerate(text):
        plain = json.dumps(letter, ensure_ascii=False)[1:-1]
        escaped = place % every == 0 and ord(letter) < 0x10000
        parts.append(f"\\u{ord(letter):04x}" if escaped else plain)
    return f'"{"".join(parts)}"'


@given(name=_names, value=_texts, other=st.text(max_size=7), every=st.integers(1, 4))
@example(name="secret", value='"}{,:\\ab', other="", every=1)
def test_valid_json_stays_valid_and_loses_its_secret_alone(
    name: str, value: str, other: str, every: int
) -> None:
    fields = (json.dumps(other), _escape(name, every=every), _escape(value, every=every))
    body = '{{"a": {}, {}: {}, "z": [1.50]}}'.format(*fields).encode("utf-8", "surrogatepass")
    stored = json.loads(redact(body).decode("utf-8", "surrogatepass"))
    assert (stored[name], stored["z"]) == ("***", [1.5])
    assert stored["a"] == other


@given(body=st.binary(max_size=200))
def test_any_bytes_can_be_redacted_and_twice_is_once(body: bytes) -> None:
    once = redact(body)
    assert redact(once) == once


@pytest.mark.parametrize(
    "body",
    [
        b"secret" * 10_000,
        b'{"secret":' * 6_000,
        b'"secret' + b"\\" * 60_000,
        b'"secret' + b" " * 60_000 + b"x",
        b'{"secret":[' * 5_000,
        rb"\u0073" * 10_000,
        b'"secret":"x' * 5_000,
        b'"secret":\\"' * 5_000,
        b"".join(b'"secret":"%08d",' % n for n in range(3_000)),
    ],
)
def test_a_body_made_to_be_slow_is_read_in_one_pass(body: bytes) -> None:
    """Some of these took a minute when each name was searched for anew."""
    assert len(redact(body)) <= len(body) + 10_000 * len(MASK)
