"""Fees and dividends are told in Alpaca's words, and in the same words each time."""

from argos.venues.alpaca.bookings import charges_of

FEE = {
    "activity_type": "FEE",
    "id": "20261103000000000::045b3b8d",
    "date": "2026-11-03",
    "net_amount": "-0.06",
    "description": "REG fee for proceed of 10 shares",
    "status": "executed",
}
DIVIDEND = {
    **FEE,
    "activity_type": "DIV",
    "id": "20261102000000000::1",
    "net_amount": "1.02",
    "symbol": "T",
}
MOVED_NOTHING = {**FEE, "id": "20261101000000000::2", "net_amount": None}


def test_what_moved_money_is_told_oldest_first():
    dividend, fee = charges_of([FEE, DIVIDEND, MOVED_NOTHING])
    assert (fee["type"], fee["amount"], fee["date"]) == ("FEE", "-0.06", "2026-11-03")
    assert fee["description"] == "REG fee for proceed of 10 shares"
    assert (dividend["type"], dividend["amount"], dividend["symbol"]) == ("DIV", "1.02", "T")
    assert charges_of([FEE]) == (fee,)
