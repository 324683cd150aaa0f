"""Makes desks: a broker account, a symbol, a gateway and a node of the kind that is asked for."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from argos.node.clock import SystemClock
from contract.node.broker_link import BrokerLink
from contract.node.brokers import MIDS, Brokers, SharedBroker
from contract.node.desks import Desk
from contract.node.gateway_stub import GatewayStub
from contract.node.nodes import Place, VenueKind, Wishes, expert_node, python_node

TUNED = {"scan_ms": 100, "poll_wait_ms": 300, "doubt_looks_min": 2, "doubt_window_ms": 150}
"""What the gateway asks of the node: to look often, and to end a doubt soon."""


class Desks:
    """Makes desks, each with its own folder, account, symbol and gateway."""

    def __init__(self, folder: Path) -> None:
        self.brokers = Brokers(folder)
        self._folder = folder
        self._made = 0

    @asynccontextmanager
    async def desk(self, kind: VenueKind, *, hedging: bool, wishes: Wishes) -> AsyncIterator[Desk]:
        """A desk whose node is at work, unless the card wants to start it itself."""
        self._made += 1
        folder = self._folder / f"desk-{self._made}"
        folder.mkdir()
        shared = await self._broker(kind, hedging=hedging, wishes=wishes)
        async with AsyncExitStack() as cleanup:
            gateway = await cleanup.enter_async_context(GatewayStub(SystemClock()))
            gateway.settings = {**TUNED, "send_timeout_ms": wishes.answer_ms, **wishes.tuned}
            link, url = None, shared.process.url
            if wishes.linked:
                link = await cleanup.enter_async_context(BrokerLink(url))
                url = link.url
            wished = wishes.symbol if kind.is_mt5 else ""
            symbol = wished or await shared.symbols.get()
            taken = [] if wished else [symbol]
            account = shared.account()
            maker = expert_node if kind is VenueKind.MT5_EA else python_node
            place = Place(kind, folder, account, url, gateway.url, symbol)
            desk = Desk(
                kind=kind,
                gateway=gateway,
                shared=shared,
                account=account,
                symbol=symbol,
                node=maker(place, wishes),
                hedging=hedging,
                link=link,
                taken=taken,
            )
            cleanup.callback(desk.node.kill)
            await shared.process.feed(symbol, MIDS.get(symbol, "100"))
            try:
                if wishes.started:
                    await desk.start()
                yield desk
            finally:
                for name in desk.taken:
                    shared.symbols.put_nowait(name)

    async def _broker(self, kind: VenueKind, *, hedging: bool, wishes: Wishes) -> SharedBroker:
        hedging = hedging and kind.is_mt5
        if wishes.own_broker:
            return await self.brokers.own(kind.character, hedging=hedging)
        return await self.brokers.take(kind.character, hedging=hedging, **wishes.manners)
