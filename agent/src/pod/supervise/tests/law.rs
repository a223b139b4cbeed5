//! What holds for every order of events.

use proptest::prelude::*;

use super::*;

fn any_event() -> impl Strategy<Value = Event> {
    let end = prop_oneof![
        any::<u8>().prop_map(End::Code),
        Just(End::Signal(Signal::KILL)),
        Just(End::Signal(Signal::INT))
    ];
    prop_oneof![
        (end.clone(), any::<bool>())
            .prop_map(|(end, interrupted)| Event::Ended { end, interrupted }),
        (end, any::<bool>()).prop_map(|(end, busy)| Event::NotStarted { end, busy }),
        Just(Event::Started),
        Just(Event::GroupGone),
        Just(Event::Deadline),
        Just(Event::Restart(Reason::Binary)),
        Just(Event::Signal(Signal::HUP)),
        any::<bool>().prop_map(|hold| Event::Policy(Policy { hold, ..always() })),
    ]
}

/// Whether the world can bring this event about now.
fn is_possible(world: &World, event: &Event, started: bool) -> bool {
    let supervisor = &world.supervisor;
    match event {
        Event::Started | Event::NotStarted { .. } => started,
        _ if started => false,
        Event::Ended { .. } => supervisor.has_node() && !supervisor.is_draining(),
        Event::GroupGone => supervisor.is_draining(),
        Event::Deadline => supervisor.deadline().is_some(),
        _ => true,
    }
}

proptest! {
    /// Whatever happened before: after a stop nothing is started any more, and it comes to an
    /// end without another word from outside.
    #[test]
    fn after_a_stop_nothing_is_started_and_all_ends(
        events in prop::collection::vec((any_event(), 0..90_u32), 0..40),
        deaf: bool,
    ) {
        let mut world = World::new(always());
        let mut action = world.on(Event::Begin);
        for (event, seconds) in events {
            if matches!(action, Action::Finish(_)) {
                return Ok(());
            }
            if is_possible(&world, &event, action == Action::Start) {
                action = world.pass(seconds * SECOND).on(event);
            }
        }
        if action == Action::Start {
            world.on(Event::Started);
        }
        let mut action = world.on(TERM);
        for _ in 0..4 {
            prop_assert_ne!(action, Action::Start);
            action = match action {
                Action::Finish(_) => return Ok(()),
                _ if world.supervisor.is_draining() => world.on(Event::GroupGone),
                Action::Signal(Signal::TERM) if deaf => world.sleep(),
                _ => world.end(End::Signal(Signal::KILL)),
            };
        }
        prop_assert!(matches!(action, Action::Finish(_)), "{action:?}");
    }
}
