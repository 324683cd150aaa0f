"""Tells the story of a leg step by step, as its facts would arrive, and reconciles it at any moment."""

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from argos.core.execution import Entry, Execution, FillReason
from argos.core.ids import ARGOS_NAMESPACE
from argos.core.intent import Action, Intent, OrderType, Side
from argos.core.order import CommandKind, FactKind, Order, OrderRole
from argos.reconcile.leg import reconcile_leg
from argos.reconcile.result import MONEY_STEP, PRICE_STEP, ReconciledLeg
from argos.reconcile.story import Denial, FactRecord, LegExecution, LegStory, OrderRecord

START = datetime(2026, 1, 5, 14, 30, tzinfo=UTC)
NOW = START + timedelta(days=1)
STEP_MS = 100


def moment(ms: float) -> datetime:
    return START + timedelta(milliseconds=ms)


def identity(name: str) -> UUID:
    return uuid5(ARGOS_NAMESPACE, f"test:{name}")


def number(value: str | Decimal | None) -> Decimal | None:
    return None if value is None else Decimal(value)


@dataclass(slots=True)
class Teller:
    """One leg being told. Every verb takes place `STEP_MS` after the one before, and returns what it made.

    A verb speaks of the order that was made last, unless `of` names an older one by its number from 1.
    """

    trade_id: str = "T-1"
    unit_value: Decimal = Decimal(1)
    now_ms: float = 0
    intents: list[Intent] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    effective: dict[UUID, Decimal] = field(default_factory=dict)
    facts: dict[UUID, list[FactRecord]] = field(default_factory=dict)
    executions: list[LegExecution] = field(default_factory=list)
    denials: list[Denial] = field(default_factory=list)
    seen: dict[UUID, tuple[Decimal | None, Decimal | None]] = field(default_factory=dict)

    def story(self) -> LegStory:
        return LegStory(
            trade_id=self.trade_id,
            account="paper-1",
            currency="USD",
            unit_value=self.unit_value,
            intents=tuple(self.intents),
            orders=tuple(self.record(order) for order in self.orders),
            executions=tuple(self.executions),
            denials=tuple(self.denials),
        )

    def record(self, order: Order) -> OrderRecord:
        sl, tp = self.seen.get(order.order_id, (None, None))
        return OrderRecord(
            order=order,
            effective_qty=self.effective[order.order_id],
            facts=tuple(self.facts[order.order_id]),
            position_seen=order.order_id in self.seen,
            position_sl=sl,
            position_tp=tp,
        )

    def leg(self) -> ReconciledLeg:
        return reconcile_leg(self.story(), now=NOW)

    # Steps

    def wait(self, ms: str) -> None:
        self.now_ms += float(ms)

    def intent(self, action: str, side: str | None = None, **more: str) -> Intent:
        self.now_ms += STEP_MS
        made = Intent(
            intent_id=identity(f"{self.trade_id}:intent:{len(self.intents)}"),
            source="tests",
            event_id=identity(f"{self.trade_id}:event:{len(self.intents)}"),
            weak_id=False,
            trade_id=self.trade_id,
            bot_version="tests@1",
            account_route="all",
            action=Action(action),
            symbol="AAPL",
            side=None if side is None else Side(side),
            order_type=OrderType.MARKET,
            entry_price=number(more.get("ref")),
            stop_limit_price=None,
            sl=number(more.get("sl")),
            tp=number(more.get("tp")),
            size=None,
            close_fraction=Decimal(1),
            confidence=None,
            expires_at=None,
            features=None,
            timestamp_tv=moment(self.now_ms - 40),
            received_at=moment(self.now_ms),
            sequence=len(self.intents),
        )
        self.intents.append(made)
        return made

    def open(self, side: str, qty: str, **more: str) -> Order:
        """`ref`, `sl`, `tp`; `limit` makes it a limit order; `within` is its validity in seconds."""
        intent = self.intent("open", side, **more)
        return self._order(intent, role=OrderRole.ENTRY, side=Side(side), qty=qty, more=more)

    def deny(self, side: str, qty: str, code: str, **more: str) -> Order:
        order = self.open(side, qty, **more)
        denied = replace(order, denial_code=code, denial_text=f"because of {code}")
        self.orders[-1] = denied
        return denied

    def refuse(self, code: str) -> None:
        """Refused before there was an order."""
        intent = self.intents[-1]
        self.denials.append(Denial(intent_id=intent.intent_id, code=code, text="no"))

    def close(self, qty: str, of: str = "1", **more: str) -> Order:
        intent = self.intent("close", **more)
        entry = self._of(of)
        return self._order(
            intent,
            role=OrderRole.EXIT,
            side=entry.side.opposite,
            qty=qty,
            more={},
            closes=entry.order_id,
        )

    def _order(
        self,
        intent: Intent,
        *,
        role: OrderRole,
        side: Side,
        qty: str,
        more: dict[str, str],
        closes: UUID | None = None,
    ) -> Order:
        planned_ms = self.now_ms + 5
        within = more.get("within")
        made = Order(
            order_id=identity(f"{self.trade_id}:order:{len(self.orders)}"),
            intent_id=intent.intent_id,
            trade_id=self.trade_id,
            account="paper-1",
            route="all",
            role=role,
            symbol="AAPL",
            side=side,
            order_type=OrderType.LIMIT if "limit" in more else OrderType.MARKET,
            qty=Decimal(qty),
            price=number(more.get("limit")),
            stop_limit_price=None,
            sl=intent.sl,
            tp=intent.tp,
            valid_until=moment(self.now_ms + 1000 * float(within)) if within else None,
            magic=len(self.orders) + 1,
            client_order_id=f"c{len(self.orders)}",
            planned_at=moment(planned_ms),
            closes_order_id=closes,
        )
        self.orders.append(made)
        self.effective[made.order_id] = made.qty
        self.facts[made.order_id] = []
        return made

    def _of(self, of: str | None) -> Order:
        return self.orders[-1 if of is None else int(of) - 1]

    def fact(
        self,
        kind: FactKind,
        *,
        of: str | None = None,
        body: dict[str, Any] | None = None,
        command: CommandKind | None = None,
        **more: Any,
    ) -> FactRecord:
        self.now_ms += STEP_MS
        order = self._of(of)
        own = CommandKind.SUBMIT if order.role is OrderRole.ENTRY else CommandKind.CLOSE
        kind_of_command = own if command is None else command
        made = FactRecord(
            kind=kind,
            command_kind=kind_of_command,
            command_id=identity(f"{order.order_id}:{kind_of_command}"),
            at=moment(self.now_ms),
            recorded_at=moment(self.now_ms + 3),
            body={**(body or {}), **{name: str(value) for name, value in more.items()}},
        )
        self.facts[order.order_id].append(made)
        return made

    def lease(self, of: str | None = None) -> None:
        self.fact(FactKind.LEASED, of=of)

    def send(self, bid: str, ask: str, arrival: str = "", of: str | None = None) -> None:
        """`arrival` is "bid/ask" when the alert came in."""
        body: dict[str, str | None] = {"bid": bid, "ask": ask}
        if arrival:
            body["arrival_bid"], body["arrival_ask"] = arrival.split("/")
        self.fact(FactKind.SEND_STARTED, of=of, body=body)

    def accept(self, venue_order_id: str, of: str | None = None) -> None:
        self.fact(FactKind.ACCEPTED, of=of, body={"venue_order_id": venue_order_id})

    def reject(self, code: str, of: str | None = None) -> None:
        self.fact(FactKind.REJECTED, of=of, body={"code": code, "text": f"the venue said {code}"})

    def doubt(self, of: str | None = None) -> None:
        self.fact(FactKind.IN_DOUBT, of=of)

    def notfound(self, of: str | None = None) -> None:
        self.fact(FactKind.NOT_FOUND, of=of)

    def unsent(self, code: str, of: str | None = None) -> None:
        self.fact(FactKind.UNSENT, of=of, body={"code": code, "text": "too late"})

    def cancel(self, of: str | None = None) -> None:
        self.fact(FactKind.CANCELED, of=of, command=CommandKind.CANCEL)

    def expire(self, of: str | None = None) -> None:
        self.fact(FactKind.EXPIRED, of=of)

    def show(self, sl: str | None = None, tp: str | None = None, of: str | None = None) -> None:
        """A scan shows the position that this order opened."""
        self.seen[self._of(of).order_id] = (number(sl), number(tp))

    def fill(self, qty: str, price: str, of: str | None = None, **more: str) -> LegExecution:
        """A fill of our order, told as a fact and as an execution."""
        order = self._of(of)
        closes = order.closes_order_id
        exec_id = more.pop("exec_id", f"{self.trade_id}:{len(self.executions)}")
        self.fact(FactKind.FILL, of=of, qty=Decimal(qty), venue_exec_id=exec_id)
        made = self.execution(
            qty=qty,
            price=price,
            side=order.side,
            entry=Entry.IN if closes is None else Entry.OUT,
            order_id=order.order_id,
            opening_order_id=closes,
            exec_id=exec_id,
            **more,
        )
        self.executions.append(made)
        return made

    def stop(self, qty: str, price: str, reason: str = "sl", of: str = "1", **more: str) -> None:
        """A close at the broker that no order of ours asked for: sl, tp, manual, stop_out."""
        self.now_ms += STEP_MS
        entry = self._of(of)
        self.executions.append(
            self.execution(
                qty=qty,
                price=price,
                side=entry.side.opposite,
                entry=Entry.OUT,
                order_id=None,
                opening_order_id=entry.order_id,
                exec_id=f"{self.trade_id}:{len(self.executions)}",
                reason=reason,
                **more,
            )
        )

    def execution(
        self,
        *,
        qty: str,
        price: str,
        side: Side,
        entry: Entry,
        order_id: UUID | None,
        opening_order_id: UUID | None,
        exec_id: str,
        reason: str = "command",
        cost: str = "0",
        swap: str = "0",
        fee: str = "0",
        profit: str = "0",
        venue_order_id: str = "",
        position_id: str = "p1",
        closing_qty: str | None = None,
    ) -> LegExecution:
        return LegExecution(
            execution=Execution(
                venue_exec_id=exec_id,
                venue_order_id=venue_order_id,
                position_id=position_id,
                symbol="AAPL",
                side=side,
                entry=entry,
                price=Decimal(price),
                qty=Decimal(qty),
                commission=Decimal(cost),
                swap=Decimal(swap),
                fee=Decimal(fee),
                profit=Decimal(profit),
                reason=FillReason(reason),
                occurred_at=moment(self.now_ms),
            ),
            order_id=order_id,
            opening_order_id=opening_order_id,
            received_at=moment(self.now_ms + 7),
            closing_qty=number(closing_qty),
        )


_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def derived(expression: str, *, step: Decimal) -> Decimal | None:
    """The value of an expression such as (101.50-100.02)*10-1, rounded as results are; - is None."""
    if expression == "-":
        return None
    wrapped = _NUMBER.sub(lambda found: f"Decimal('{found.group()}')", expression)
    return Decimal(eval(wrapped, {"Decimal": Decimal})).quantize(step)


def tell(table: str, *, teller: Teller | None = None) -> ReconciledLeg:
    """Act out a table of `step -> expected values` and hold the leg against each row; give the last leg.

    The head row names the fields; an empty right side expects nothing.
    """
    told = teller or Teller()
    head, *rows = [line.strip() for line in table.strip().splitlines() if line.strip()]
    names = head.split("->")[1].split()
    for row in rows:
        step, _, expected = row.partition("->")
        verb, *words = step.replace("@", " ").split()
        options = dict(word.split("=", 1) for word in words if "=" in word)
        getattr(told, verb)(*(word for word in words if "=" not in word), **options)
        if expected.strip():
            leg = told.leg()
            for name, text in zip(names, expected.split(), strict=True):
                value = getattr(leg, name)
                wanted: object = text
                if name == "divergence":
                    value = ",".join(value) or "-"
                elif name == "reason_code":
                    value = value or "-"
                elif name != "outcome":
                    wanted = derived(text, step=PRICE_STEP if "price" in name else MONEY_STEP)
                assert value == wanted, f"{row!r}: {name} is {value}, not {wanted}"
    return told.leg()
