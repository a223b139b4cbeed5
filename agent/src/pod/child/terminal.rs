//! The terminal, lent to the child.

use std::io::{self, IsTerminal as _};

use nix::unistd::{Pid, getpgrp, tcgetpgrp, tcsetpgrp};

use crate::pod::signal::Signal;

/// The foreground of the terminal is the child's until this is dropped.
///
/// Changing it from the background raises SIGTTOU, which stops us unless it is blocked, as
/// [`crate::pod::signals::Signals::install`] does.
#[derive(Debug)]
pub(super) struct Terminal {
    ours: Pid,
    theirs: Pid,
}

impl Terminal {
    /// Makes `group` the foreground group, if standard input is a terminal and we are in front.
    pub(super) fn hand_over(group: Pid) -> Option<Self> {
        let stdin = io::stdin();
        let ours = getpgrp();
        if !stdin.is_terminal() || tcgetpgrp(&stdin) != Ok(ours) {
            return None;
        }
        tcsetpgrp(&stdin, group).ok()?;
        // It may have read, and been stopped for that, before it was in front.
        let _ = Signal::CONT.send_to_group(group); // it may have ended already
        Some(Self { ours, theirs: group })
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let stdin = io::stdin();
        // The child may have handed it on, as a shell does: that is in its session, and gone
        // with it. Somebody else's foreground is left alone.
        if tcgetpgrp(&stdin).is_ok_and(|front| front == self.theirs || is_gone(front)) {
            let _ = tcsetpgrp(&stdin, self.ours); // the terminal may have been closed
        }
    }
}

fn is_gone(group: Pid) -> bool {
    nix::sys::signal::killpg(group, None) == Err(nix::errno::Errno::ESRCH)
}
