//! A policy that holds the node.

use super::*;

#[test]
fn a_node_that_is_held_is_stopped_and_starts_again_when_it_is_not() {
    let held = || Policy { hold: true, ..always() };
    let mut world = World::running(always());
    assert_eq!(world.on(Event::Policy(held())), Action::Signal(Signal::TERM));
    world.end(End::Code(1));
    assert_eq!(world.on(Event::GroupGone), Action::Nothing);
    assert_eq!((world.supervisor.phase(), world.wait()), (Phase::Held, None));
    assert_eq!(world.on(Event::Restart(Reason::Command)), Action::Nothing);
    assert_eq!(world.on(Event::Policy(always())), Action::Start);
}

#[test]
fn a_node_that_is_held_is_not_started_and_ends_with_us() {
    let held = || Policy { hold: true, ..always() };
    assert_eq!(World::new(held()).on(Event::Begin), Action::Nothing);
    let mut world = World::running(always());
    world.end_alone(End::Code(1));
    assert_eq!(world.on(Event::Policy(held())), Action::Nothing);
    assert_eq!(world.supervisor.phase(), Phase::Held);
    assert_eq!(world.on(TERM), Action::Finish(End::Code(1)));
}
