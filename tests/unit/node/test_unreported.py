"""What the node calls its own in a poll: all that the gateway cannot know of yet."""

from unit.node.rig import Rig, entry


async def test_a_command_stays_ours_until_all_of_it_is_told(rig: Rig) -> None:
    command = entry()
    assert rig.log.read.commands_unreported() == []
    await rig.deliver(command)
    assert rig.log.read.commands_unreported() == [command.command_id]

    facts = rig.log.read.pending_facts(limit=500)
    with rig.log.transaction() as writer:
        writer.mark_reported(facts[:-1], at_ms=1)
    assert rig.log.read.commands_unreported() == [command.command_id]
    with rig.log.transaction() as writer:
        writer.mark_reported(facts, at_ms=2)
    assert rig.log.read.commands_unreported() == []
