"""Where the time went."""

from argos.core.order import FactKind
from argos.reconcile.latency import STAGES
from unit.reconcile.stories import Teller


def filled_leg() -> Teller:
    teller = Teller()
    teller.open("buy", "10")
    teller.lease()
    teller.send("99", "100")
    teller.fill("10", "100")
    return teller


def test_each_stage_is_the_time_between_its_two_moments():
    teller = filled_leg()
    intent, order = teller.intents[0], teller.orders[0]
    leased, sent, _ = teller.facts[order.order_id]
    filled_at = teller.executions[0].execution.occurred_at

    def ms(start, end):
        return (end - start).total_seconds() * 1000

    assert teller.leg().latency_ms == {
        "alert_to_receipt": ms(intent.timestamp_tv, intent.received_at),
        "receipt_to_decide": ms(intent.received_at, order.planned_at),
        "decide_to_node": ms(order.planned_at, leased.at),
        "node_to_send": ms(leased.at, sent.at),
        "send_to_fill": ms(sent.at, filled_at),
        "total": ms(intent.timestamp_tv, filled_at),
    }


def test_the_stages_add_up_to_the_total():
    latency = filled_leg().leg().latency_ms
    assert sum(latency[stage] for stage in STAGES if stage != "total") == latency["total"]


def test_a_repeated_lease_or_send_does_not_shorten_a_stage():
    teller = filled_leg()
    before = teller.leg().latency_ms
    teller.lease()
    teller.fact(FactKind.SEND_STARTED, body={"bid": "1", "ask": "2"})
    assert teller.leg().latency_ms == before


def test_a_clock_that_is_behind_shows_as_a_negative_stage():
    teller = Teller()
    teller.open("buy", "10")
    teller.wait("-500")
    teller.lease()
    teller.wait("500")
    latency = teller.leg().latency_ms
    assert latency["decide_to_node"] < 0


def test_what_has_not_happened_has_no_latency():
    teller = Teller()
    teller.open("buy", "10")
    latency = teller.leg().latency_ms
    assert tuple(latency) == STAGES
    assert latency["alert_to_receipt"] == 40
    assert latency["receipt_to_decide"] == 5
    assert all(latency[stage] is None for stage in STAGES[2:])


def test_without_an_order_only_the_way_of_the_alert_is_known():
    teller = Teller()
    teller.intent("open", "buy")
    latency = teller.leg().latency_ms
    assert [stage for stage in STAGES if latency[stage] is not None] == ["alert_to_receipt"]
