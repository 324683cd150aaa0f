"""A timeout is not a refusal, and a client id used before is not one either."""

import pytest

from argos.core.errors import InvariantError
from argos.venues.alpaca.outcomes import Outcome, derived_client_id, judge

ORDER = {"id": "904837e3-3b76-47ec-b432-046db621571b", "status": "new"}
DUPLICATE = {"code": 40010001, "message": "client_order_id must be unique"}
POOR = {"code": 40310000, "message": "insufficient buying power", "buying_power": "1"}


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, ORDER, Outcome.DONE),
        (204, None, Outcome.DONE),
        (200, None, Outcome.OPEN),
        (200, [], Outcome.OPEN),
        (200, {"message": "welcome"}, Outcome.OPEN),
        (None, None, Outcome.OPEN),
        (408, None, Outcome.OPEN),
        (499, None, Outcome.OPEN),
        (500, {"code": 50010000, "message": "internal server error"}, Outcome.OPEN),
        (504, None, Outcome.OPEN),
        (302, None, Outcome.OPEN),
        (422, DUPLICATE, Outcome.KNOWN),
        (422, {"code": 40010001, "message": "qty must be > 0"}, Outcome.REFUSED),
        (403, POOR, Outcome.REFUSED),
        (403, None, Outcome.REFUSED),
        (404, {"code": 40410000, "message": "position does not exist"}, Outcome.REFUSED),
        (429, {"code": 42910000, "message": "too many requests."}, Outcome.LATER),
    ],
)
def test_each_answer_has_one_meaning(status, body, outcome):
    assert judge(status, body).outcome is outcome


def test_a_refusal_keeps_alpacas_code_and_words():
    judged = judge(403, POOR)
    assert (judged.code, judged.text) == ("40310000", "insufficient buying power")
    assert judge(403, None).code == "403"


@pytest.mark.parametrize(("text", "seconds"), [("7", 7.0), (None, None), ("soon", None)])
def test_when_to_come_again_is_kept(text, seconds):
    assert judge(429, None, retry_after=text).retry_after_s == seconds


def test_a_derived_client_id_follows_from_what_is_sent():
    body = {"symbol": "IBM", "qty": "10"}
    first = derived_client_id("A-1", ".r-", body)
    assert first.startswith("A-1.r-")
    assert first == derived_client_id("A-1", ".r-", {"qty": "10", "symbol": "IBM"})
    others = {
        derived_client_id("A-1", ".r-", {**body, "qty": "11"}),
        derived_client_id("A-1", ".p-", body),
        derived_client_id("A-2", ".r-", body),
    }
    assert first not in others
    assert len(others) == 3


def test_a_client_id_that_alpaca_would_not_take_is_never_sent():
    with pytest.raises(InvariantError):
        derived_client_id("x" * 120, ".r-", {})
