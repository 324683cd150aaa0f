import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.protocol.signing import body_digest, sign_request, sign_response, signatures_match

KEY = bytes(range(32))
REQUEST = {
    "method": "POST",
    "path": "/node/v1/poll",
    "body": b'{"wait_ms": 0}',
    "node": "n-1",
    "epoch": 3,
    "counter": 17,
    "time_ms": 1769860800000,
}
OTHER = {
    "method": "GET",
    "path": "/node/v1/reports",
    "body": b'{"wait_ms": 1}',
    "node": "n-2",
    "epoch": 4,
    "counter": 18,
    "time_ms": 1769860800001,
}


def test_a_request_is_signed_as_the_contract_says() -> None:
    text = (
        "POST\n/node/v1/poll\n"
        + hashlib.sha256(b'{"wait_ms": 0}').hexdigest()
        + "\nn-1\n3\n17\n1769860800000"
    )
    expected = hmac.new(KEY, text.encode(), hashlib.sha256).hexdigest()
    assert sign_request(KEY, **REQUEST) == expected


def test_a_response_is_signed_as_the_contract_says() -> None:
    text = f"200\n{body_digest(b'{}')}\nn-1\n17"
    expected = hmac.new(KEY, text.encode(), hashlib.sha256).hexdigest()
    assert sign_response(KEY, status=200, body=b"{}", node="n-1", counter=17) == expected


@pytest.mark.parametrize("field", REQUEST)
def test_a_change_of_anything_in_a_request_changes_its_signature(field: str) -> None:
    changed = REQUEST | {field: OTHER[field]}
    assert sign_request(KEY, **changed) != sign_request(KEY, **REQUEST)


def test_another_key_signs_otherwise() -> None:
    other = bytes(32)
    assert sign_request(other, **REQUEST) != sign_request(KEY, **REQUEST)


@pytest.mark.parametrize(
    "changed",
    [
        {"status": 201},
        {"body": b"{ }"},
        {"node": "n-2"},
        {"counter": 18},
    ],
)
def test_a_response_answers_one_request_only(changed: dict[str, object]) -> None:
    answer: dict[str, object] = {"status": 200, "body": b"{}", "node": "n-1", "counter": 17}
    one, other = (sign_response(KEY, **fields) for fields in (answer, answer | changed))
    assert one != other


@given(expected=st.text(max_size=70), given_as=st.text(max_size=70))
def test_signatures_match_when_they_are_the_same_ascii(expected: str, given_as: str) -> None:
    assert signatures_match(expected, given_as) == (expected == given_as and expected.isascii())
    assert signatures_match(expected, expected) == expected.isascii()
