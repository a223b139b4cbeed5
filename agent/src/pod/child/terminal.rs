//! The terminal, lent to the child.

use std::io::{self, IsTerminal as _};

use nix::{
    libc::_POSIX_VDISABLE,
    sys::termios::{SetArg, SpecialCharacterIndices::VSUSP, tcgetattr, tcsetattr},
    unistd::{Pid, getpgid, getpgrp, getppid, getsid, tcgetpgrp, tcsetpgrp},
};

use crate::pod::signal::Signal;

/// The foreground of the terminal is the child's until this is dropped.
///
/// Changing it from the background raises SIGTTOU, which stops us unless it is blocked, as
/// [`crate::pod::signals::Signals::install`] does.
#[derive(Debug)]
pub(super) struct Terminal {
    ours: Pid,
    theirs: Pid,
    /// The key that suspends, usually Ctrl-Z, while it does not.
    key: Option<u8>,
}

impl Terminal {
    /// Makes `group` the foreground group, if standard input is a terminal and we are in front.
    pub(super) fn hand_over(group: Pid) -> Option<Self> {
        let front = io::stdin().is_terminal() && tcgetpgrp(io::stdin()) == Ok(getpgrp());
        let key = if front && !can_be_woken() { swap_key(None) } else { None };
        let terminal = Self { ours: getpgrp(), theirs: group, key };
        (front && terminal.lend()).then_some(terminal)
    }

    fn lend(&self) -> bool {
        let stdin = io::stdin();
        let lent = tcgetpgrp(&stdin) == Ok(self.ours) && tcsetpgrp(&stdin, self.theirs).is_ok();
        if lent {
            // It may have read, and been stopped for that, before it was in front.
            let _ = Signal::CONT.send_to_group(self.theirs); // it may have ended already
        }
        lent
    }

    fn take_back(&self) {
        let stdin = io::stdin();
        // The child may have handed it on, as a shell does: that is in its session, and gone
        // with it. Somebody else's foreground is left alone.
        if tcgetpgrp(&stdin).is_ok_and(|front| front == self.theirs || is_gone(front)) {
            let _ = tcsetpgrp(&stdin, self.ours); // the terminal may have been closed
        }
    }

    /// Follows the child, which Ctrl-Z has suspended, and lends it the terminal once more when we
    /// are in front again.
    ///
    /// It is woken by the SIGCONT that wakes us, which is forwarded. Where nobody could wake us it
    /// goes on at once: else the keys would have frozen the pod for good.
    pub(super) fn suspend(&self) {
        if !can_be_woken() {
            let _ = Signal::CONT.send_to_group(self.theirs); // it may have ended just now
            return;
        }
        self.take_back();
        let _ = Signal::STOP.send_to_group(self.ours); // it is our own
        self.lend();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.take_back();
        if self.key.is_some() {
            swap_key(self.key);
        }
    }
}

/// Gives the terminal the key that suspends, or takes it away; returns the one that it had.
///
/// Where nobody could wake what is suspended it must not be: we hear only of our own child. A process
/// that this one has started would stay suspended, and a shell with it, which waits in `vfork`.
fn swap_key(key: Option<u8>) -> Option<u8> {
    let stdin = io::stdin();
    let mut settings = tcgetattr(&stdin).ok()?;
    let place = settings.control_chars.get_mut(VSUSP as usize)?;
    // One that the node has set is its own.
    if key.is_some() && *place != _POSIX_VDISABLE {
        return None;
    }
    let before = std::mem::replace(place, key.unwrap_or(_POSIX_VDISABLE));
    tcsetattr(&stdin, SetArg::TCSANOW, &settings).ok()?;
    Some(before).filter(|before| *before != _POSIX_VDISABLE)
}

/// Whether our parent is a shell that does job control: in our session, not in our group.
fn can_be_woken() -> bool {
    let parent = getppid();
    parent.as_raw() > 0
        && getsid(Some(parent)) == getsid(None)
        && getpgid(Some(parent)).is_ok_and(|group| group != getpgrp())
}

fn is_gone(group: Pid) -> bool {
    nix::sys::signal::killpg(group, None) == Err(nix::errno::Errno::ESRCH)
}
