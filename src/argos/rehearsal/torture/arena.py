"""The stack that is tortured, as the rig sees it: what can be struck, and where to speak to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from argos.dsn import Access
from argos.paperbroker.settings import BrokerSettings
from argos.rehearsal.torture.alerts import AlertTerms
from argos.rehearsal.torture.kinds import NodeKind
from argos.rehearsal.torture.proxies import Link
from argos.stack.children import ChildSupervisor
from argos.stack.embedded import EmbeddedPostgres


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeLinks:
    """One node's two connections, whose account it serves at which broker, and the files of its own log."""

    node: str
    kind: NodeKind
    account: str
    broker: str
    gateway_link: Link
    broker_link: Link
    log_files: Sequence[Path]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arena:
    """A running stack with its links. `market` is the name of the process that feeds the brokers."""

    gateway_url: str
    hook_key: str
    api_key: str
    terms: AlertTerms
    access: Access
    postgres: EmbeddedPostgres
    children: ChildSupervisor
    brokers: Sequence[BrokerSettings]
    nodes: Sequence[NodeLinks]
    logs: Path
    source: str
    """What the hook is called in an event's identity."""
    market: str = "market"

    @property
    def processes(self) -> list[str]:
        """The names of all children."""
        brokers = [f"broker-{broker.name}" for broker in self.brokers]
        nodes = [f"node-{item.node}" for item in self.nodes]
        return ["gateway", "worker", self.market, *brokers, *nodes]

    @property
    def links(self) -> list[Link]:
        return [link for node in self.nodes for link in (node.gateway_link, node.broker_link)]

    @property
    def accounts_by_process(self) -> Mapping[str, frozenset[str]]:
        """Whose orders are held up while a process stands still."""
        by_node = {f"node-{item.node}": frozenset({item.account}) for item in self.nodes}
        by_broker = {
            f"broker-{broker.name}": frozenset(
                item.account for item in self.nodes if item.broker == broker.name
            )
            for broker in self.brokers
        }
        return by_node | by_broker
