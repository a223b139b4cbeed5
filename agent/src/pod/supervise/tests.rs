//! Tests of [`Supervisor::on`](super::Supervisor::on), without a process or a clock.

mod held;
mod law;

use std::num::NonZeroU32;

use super::*;

const TERM: Event = Event::Signal(Signal::TERM);
const KILL: Action = Action::Signal(Signal::KILL);
const SECOND: Duration = Duration::from_secs(1);

/// A supervisor and the time it lives in.
struct World {
    supervisor: Supervisor,
    now: Instant,
}

impl World {
    fn new(policy: Policy) -> Self {
        let rolls = Rolls::seeded(0);
        Self { supervisor: Supervisor::new(policy, rolls), now: Instant::now() }
    }

    /// One whose node runs.
    fn running(policy: Policy) -> Self {
        let mut world = Self::new(policy);
        assert_eq!(world.on(Event::Begin), Action::Start);
        assert_eq!(world.on(Event::Started), Action::Nothing);
        world
    }

    fn on(&mut self, event: Event) -> Action {
        self.supervisor.on(event, self.now)
    }

    fn pass(&mut self, time: Duration) -> &mut Self {
        self.now += time;
        self
    }

    fn end(&mut self, end: End) -> Action {
        self.on(Event::Ended { end, interrupted: false })
    }

    /// The node ends by itself, and nothing is left of it.
    fn end_alone(&mut self, end: End) -> Action {
        assert_eq!(self.end(end), KILL, "what is left is killed");
        self.on(Event::GroupGone)
    }

    /// The time until the deadline, if there is one.
    fn wait(&self) -> Option<Duration> {
        self.supervisor.deadline().map(|deadline| deadline - self.now)
    }

    /// Goes on to the deadline.
    fn sleep(&mut self) -> Action {
        self.now = self.supervisor.deadline().expect("there is a deadline");
        self.on(Event::Deadline)
    }

    /// The node ends after `uptime`; the wait until its next start, which follows.
    fn restart_after(&mut self, uptime: Duration) -> Duration {
        assert_eq!(self.pass(uptime).end_alone(End::Code(1)), Action::Nothing);
        let wait = self.wait().expect("it waits");
        assert_eq!(self.sleep(), Action::Start);
        self.on(Event::Started);
        wait
    }
}

fn once() -> Policy {
    Policy::default()
}

/// Restarts always, without jitter.
fn always() -> Policy {
    let mut policy = Policy::development();
    policy.backoff.jitter = 0;
    policy
}

#[test]
fn the_end_of_the_node_is_ours() {
    for end in [End::Code(0), End::Code(7), End::Signal(Signal::KILL)] {
        assert_eq!(World::running(once()).end_alone(end), Action::Finish(end));
    }
}

#[test]
fn a_stop_is_passed_on_and_the_node_is_waited_for() {
    let mut world = World::running(once());
    assert_eq!(world.on(TERM), Action::Signal(Signal::TERM));
    assert_eq!(world.wait(), Some(25 * SECOND));
    assert_eq!(world.end(End::Code(3)), Action::Nothing);
    assert_eq!(world.on(Event::GroupGone), Action::Finish(End::Code(3)));
}

#[test]
fn sigterm_becomes_the_stop_signal_and_the_others_stay() {
    let policy = || Policy { stop_signal: Signal::INT, ..once() };
    for (sent, received) in
        [(Signal::TERM, Signal::INT), (Signal::INT, Signal::INT), (Signal::QUIT, Signal::QUIT)]
    {
        let action = World::running(policy()).on(Event::Signal(sent));
        assert_eq!(action, Action::Signal(received));
    }
}

#[test]
fn a_node_deaf_to_the_stop_is_killed_after_the_grace() {
    let mut world = World::running(once());
    world.on(TERM);
    assert_eq!(world.sleep(), KILL);
    assert_eq!(world.wait(), None, "a killed node is waited for");
}

#[test]
fn a_second_stop_kills() {
    for second in [Signal::TERM, Signal::INT] {
        let mut world = World::running(once());
        world.on(TERM);
        assert_eq!(world.on(Event::Signal(second)), KILL);
        assert_eq!(world.on(TERM), Action::Nothing, "once is enough");
    }
}

#[test]
fn without_grace_the_stop_kills() {
    let mut world = World::running(Policy { grace: Duration::ZERO, ..once() });
    assert_eq!(world.on(TERM), KILL);
}

#[test]
fn the_group_of_a_stopped_node_has_the_rest_of_the_grace() {
    let mut world = World::running(once());
    world.on(TERM);
    assert_eq!(world.pass(5 * SECOND).end(End::Code(0)), Action::Nothing);
    assert_eq!(world.wait(), Some(20 * SECOND));
    assert_eq!(world.sleep(), KILL);
    assert_eq!(world.on(Event::GroupGone), Action::Finish(End::Code(0)));
}

#[test]
fn a_second_stop_kills_the_group_of_a_stopped_node() {
    let mut world = World::running(once());
    world.on(TERM);
    world.end(End::Code(0));
    assert_eq!(world.on(TERM), KILL);
}

#[test]
fn what_cannot_be_killed_does_not_hold_us_up() {
    let mut world = World::running(once());
    world.end(End::Code(4));
    assert_eq!(world.wait(), Some(5 * SECOND));
    assert_eq!(world.sleep(), Action::Finish(End::Code(4)));
}

#[test]
fn other_signals_are_passed_one_to_one_while_there_is_a_node() {
    let mut world = World::running(always());
    let hup = Event::Signal(Signal::HUP);
    assert_eq!(world.on(hup.clone()), Action::Signal(Signal::HUP));
    world.on(TERM);
    assert_eq!(world.on(hup.clone()), Action::Signal(Signal::HUP), "while it stops, too");
    let mut pausing = World::running(always());
    pausing.end_alone(End::Code(1));
    assert_eq!(pausing.on(hup), Action::Nothing, "there is nobody to pass it to");
}

#[test]
fn a_stop_before_the_first_start_is_the_end() {
    let mut world = World::new(always());
    assert_eq!(world.on(TERM), Action::Finish(End::Signal(Signal::TERM)));
}

#[test]
fn a_stop_during_the_wait_ends_with_the_nodes_code() {
    let mut world = World::running(always());
    world.end_alone(End::Code(9));
    assert_eq!(world.on(TERM), Action::Finish(End::Code(9)));
}

#[test]
fn a_stop_wins_over_a_restart_under_way() {
    let mut world = World::running(always());
    assert_eq!(world.on(Event::Restart(Reason::Binary)), Action::Signal(Signal::TERM));
    assert_eq!(world.on(TERM), Action::Nothing, "it was told already");
    assert_eq!(world.end(End::Code(5)), Action::Nothing);
    assert_eq!(world.on(Event::GroupGone), Action::Finish(End::Code(5)));
}

#[test]
fn a_stop_wins_over_a_restart_whose_node_is_gone() {
    let mut world = World::running(always());
    world.on(Event::Restart(Reason::Command));
    world.end(End::Code(5));
    assert_eq!(world.on(TERM), Action::Nothing);
    assert_eq!(world.on(Event::GroupGone), Action::Finish(End::Code(5)));
}

#[test]
fn a_restart_is_graceful_and_follows_at_once_whatever_the_policy() {
    for policy in [once(), always()] {
        let mut world = World::running(policy);
        assert_eq!(world.on(Event::Restart(Reason::Command)), Action::Signal(Signal::TERM));
        assert_eq!(world.on(Event::Restart(Reason::Command)), Action::Nothing);
        assert_eq!(world.end(End::Signal(Signal::TERM)), Action::Nothing);
        assert_eq!(world.on(Event::GroupGone), Action::Start);
        assert_eq!(world.supervisor.deadline(), None);
    }
}

#[test]
fn a_restart_of_a_deaf_node_kills_it_after_the_grace() {
    let mut world = World::running(once());
    world.on(Event::Restart(Reason::Binary));
    assert_eq!(world.sleep(), KILL);
    world.end(End::Signal(Signal::KILL));
    assert_eq!(world.on(Event::GroupGone), Action::Start);
}

#[test]
fn on_failure_a_clean_end_is_the_end() {
    let policy = || Policy { restart: Restart::OnFailure, ..always() };
    let clean = World::running(policy()).end_alone(End::Code(0));
    assert_eq!(clean, Action::Finish(End::Code(0)));
    for end in [End::Code(1), End::Signal(Signal::TERM)] {
        assert_eq!(World::running(policy()).end_alone(end), Action::Nothing, "{end} is a failure");
    }
}

#[test]
fn codes_are_mapped_and_judged_as_what_they_are_mapped_to() {
    let exit_codes = [(143, 0), (0, 9)].into();
    let policy = || Policy { restart: Restart::OnFailure, exit_codes, ..always() };
    let mut world = World::running(policy());
    assert_eq!(world.end_alone(End::Signal(Signal::TERM)), Action::Finish(End::Code(0)));
}

#[test]
fn quick_ends_double_the_wait_up_to_its_maximum() {
    let mut world = World::running(always());
    let waits = [(); 7].map(|()| world.restart_after(SECOND).as_secs());
    assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30]);
}

#[test]
fn a_minute_of_health_makes_the_wait_short_again() {
    let mut world = World::running(always());
    for _ in 0..5 {
        world.restart_after(SECOND);
    }
    assert_eq!(world.restart_after(59 * SECOND).as_secs(), 16, "not yet");
    assert_eq!(world.restart_after(60 * SECOND).as_secs(), 1);
}

#[test]
fn ends_that_are_not_quick_do_not_double_the_wait() {
    let mut world = World::running(always());
    let waits = [(); 4].map(|()| world.restart_after(20 * SECOND).as_secs());
    assert_eq!(waits, [1; 4]);
}

#[test]
fn when_the_attempts_are_spent_the_nodes_end_is_ours() {
    let mut policy = always();
    policy.backoff.attempts = NonZeroU32::new(3);
    let mut world = World::running(policy);
    world.restart_after(SECOND);
    world.restart_after(20 * SECOND);
    assert_eq!(world.end_alone(End::Code(6)), Action::Finish(End::Code(6)));
}

#[test]
fn a_minute_of_health_gives_all_attempts_back() {
    let mut policy = always();
    policy.backoff.attempts = NonZeroU32::new(2);
    let mut world = World::running(policy);
    for _ in 0..5 {
        world.restart_after(60 * SECOND);
    }
}

#[test]
fn a_new_program_ends_a_long_wait_and_not_the_usual_one() {
    let mut world = World::running(always());
    for _ in 0..4 {
        world.restart_after(SECOND);
    }
    world.end_alone(End::Code(1));
    assert_eq!(world.wait(), Some(16 * SECOND));
    world.pass(SECOND / 4).on(Event::Restart(Reason::Binary));
    assert_eq!(world.wait(), Some(SECOND * 3 / 4), "as after a first end");
    assert_eq!(world.sleep(), Action::Start);
    world.on(Event::Started);
    assert_eq!(world.restart_after(SECOND), SECOND, "it starts afresh");
}

#[test]
fn what_cannot_be_started_the_first_time_is_the_end() {
    let mut world = World::new(always());
    world.on(Event::Begin);
    let event = Event::NotStarted { end: End::NOT_FOUND, busy: false };
    assert_eq!(world.on(event), Action::Finish(End::NOT_FOUND));
}

#[test]
fn what_cannot_be_started_later_is_a_quick_end() {
    let mut world = World::running(always());
    world.end_alone(End::Code(1));
    world.sleep();
    let event = Event::NotStarted { end: End::NOT_FOUND, busy: false };
    assert_eq!(world.on(event), Action::Nothing);
    assert_eq!(world.wait(), Some(2 * SECOND));
}

#[test]
fn a_program_that_is_being_written_is_tried_again_for_a_while() {
    let mut world = World::new(once());
    world.on(Event::Begin);
    let begun = world.now;
    let event = || Event::NotStarted { end: End::NOT_EXECUTABLE, busy: true };
    let mut action = world.on(event());
    while action == Action::Nothing {
        assert_eq!(world.sleep(), Action::Start);
        action = world.on(event());
    }
    assert_eq!(action, Action::Finish(End::NOT_EXECUTABLE));
    assert_eq!((world.now - begun).as_secs(), 10);
}

#[test]
fn ctrl_c_on_the_nodes_terminal_is_a_stop() {
    let mut world = World::running(always());
    let end = End::Signal(Signal::INT);
    assert_eq!(world.on(Event::Ended { end, interrupted: true }), KILL);
    assert_eq!(world.on(Event::GroupGone), Action::Finish(end));
}

#[test]
fn a_new_policy_holds_from_then_on() {
    let mut world = World::running(once());
    world.on(Event::Policy(Policy { grace: 3 * SECOND, ..once() }));
    world.on(TERM);
    assert_eq!(world.wait(), Some(3 * SECOND));
}
