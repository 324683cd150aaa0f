"""Gathers what `checking` compares: the database as rows, the brokers' ledgers as files."""

from collections.abc import Sequence
from uuid import UUID

from argos.core.order import OrderRole, OrderStatus
from argos.paperbroker.ledger import read_ledger
from argos.paperbroker.settings import BrokerSettings
from argos.rehearsal.checking import BrokerBook, Stored, StoredOrder
from argos.rehearsal.sender import Delivery
from argos.store.evidence import EvidenceStore


async def read_stored(store: EvidenceStore) -> Stored:
    """The database's side, as it stands now."""
    fills = await store.rows("executions")
    return Stored(
        intents={row["intent_id"]: row["route"] for row in await store.rows("intents")},
        routes={row["route"]: frozenset(row["accounts"]) for row in await store.rows("routes")},
        outcomes=frozenset(
            (row["intent_id"], row["account"]) for row in await store.rows("outcomes")
        ),
        orders=[
            StoredOrder(
                order_id=row["order_id"],
                intent_id=row["intent_id"],
                account=row["account"],
                role=OrderRole(row["role"]),
                order_type=row["order_type"],
                magic=row["magic"],
                client_order_id=row["client_order_id"],
                status=OrderStatus(row["status"]),
                filled_qty=row["filled_qty"],
                valid_until=row["valid_until"],
                send_started_at=row["send_started_at"],
                called_rejected=row["called_rejected"],
            )
            for row in await store.rows("orders")
        ],
        executions={(row["account"], row["venue_exec_id"]): row["signed_qty"] for row in fills},
        prices={(row["account"], row["venue_exec_id"]): row["fill_price"] for row in fills},
        positions={
            (row["account"], row["symbol"]): row["signed_qty"]
            for row in await store.rows("positions")
        },
        illegal_transitions=await store.number("illegal"),
    )


def read_books(brokers: Sequence[BrokerSettings]) -> list[BrokerBook]:
    """The brokers' side, from their own files, opened for reading only."""
    return [
        BrokerBook(character=broker.character, ledger=read_ledger(broker.ledger))
        for broker in brokers
    ]


def acknowledged(deliveries: Sequence[Delivery]) -> set[UUID]:
    """Intents that a 2xx answer promised to the sender."""
    return {
        UUID(str(delivery.answer["intent_id"]))
        for delivery in deliveries
        if delivery.was_taken and isinstance(delivery.answer, dict)
    }
