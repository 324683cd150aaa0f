"""Kills and faults in any order: each command ends, none is sent twice, and the gateway hears of every deal."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from argos.protocol.commands import Command
from contract.ea.conftest import Desk, MakeDesk, order
from eventually import eventually

COMMANDS = 12
ENDS = {"rejected", "unsent", "not_found", "fill"}
BROKER_FAULTS = ("lost_answer", "accept_then_timeout", "reject", "fill_before_ack", "disconnect")


async def trouble(desk: Desk, dice: random.Random) -> None:
    """Something goes wrong with whatever is sent next."""
    match dice.randrange(5):
        case 0:
            await desk.expert.tell(f"crash {dice.choice(('before', 'after'))}")
        case 1:
            await desk.expert.tell(f"lose {dice.choice((10012, 10031, 10099))}")
        case 2:
            await desk.fault(dice.choice(BROKER_FAULTS), delay_ms=300)
        case 3:
            desk.gateway.faults["reports"].extend(
                dice.choices(("away", "lost", "unsigned"), k=dice.randrange(1, 4))
            )
        case 4:
            desk.gateway.faults["poll"].append(dice.choice(("lost", "away", "stale")))


async def ended(desk: Desk, command: Command, dice: random.Random) -> None:
    """Leases the command as long as nothing is known of it, and starts an expert that has died again."""

    def is_over() -> bool:
        process = desk.expert.process
        assert process is not None
        if process.poll() is not None:
            desk.expert.kill()
            desk.expert.start()
        told = desk.facts(command)
        desk.gateway.insists_on = [] if told else [command]
        return bool(ENDS & told.keys())

    if dice.random() < 0.3:
        desk.expert.kill()
        desk.expert.start()
    await eventually(is_over, within_s=30, what=f"{[*desk.facts(command)]} {desk.expert.log}")


def told_executions(desk: Desk) -> set[str]:
    executions = [f for f in desk.gateway.facts.values() if f.kind.value in {"fill", "deal"}]
    return {fact.body["venue_exec_id"] for fact in executions}


@pytest.mark.parametrize("seed", [1, 2])
async def test_nothing_is_sent_twice_and_nothing_is_lost(make_desk: MakeDesk, seed: int) -> None:
    dice = random.Random(seed)
    desk: Desk = await make_desk()
    desk.gateway.settings |= {"doubt_looks_min": 2, "doubt_window_ms": 200}
    desk.expert.arguments += ["--broker-timeout", "400"]
    desk.expert.start()
    await desk.working()
    commands = []
    for _ in range(COMMANDS):
        await trouble(desk, dice)
        command = order(valid_until=datetime.now(tz=UTC) + timedelta(seconds=2))
        commands.append(command)
        desk.gateway.insists_on = [command]
        await ended(desk, command, dice)

    deals = await desk.deals()
    sent = [int(deal["magic"]) for deal in deals]
    assert len(sent) == len(set(sent)), "an entry was sent twice"
    tickets = {str(deal["ticket"]) for deal in deals}
    await eventually(lambda: told_executions(desk) == tickets, what="every deal told")
    for command in commands:
        kinds = desk.facts(command).keys()
        assert ("fill" in kinds) == (command.magic in sent), kinds
    assert "critical" not in desk.expert.log
