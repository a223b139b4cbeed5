//! The exit codes that are ours, after `sysexits.h`. A node's own code passes through unchanged.

/// A template fails: kubebot's code for it.
pub const TEMPLATE: u8 = 1;

/// The command line is wrong.
pub const USAGE: u8 = 64;

/// What was read is not what it should be: a mnemonic, a genesis, a home.
pub const DATA_ERROR: u8 = 65;

/// A file that must be there is not: the mnemonic.
pub const NO_INPUT: u8 = 66;

/// A program that is needed cannot be started, or failed.
pub const UNAVAILABLE: u8 = 69;

/// A mistake of ours.
pub const SOFTWARE: u8 = 70;

/// The system refused something that it always grants.
pub const OS_ERROR: u8 = 71;

/// The volume cannot be written to: full, read-only, a mount point in the way.
pub const CANNOT_CREATE: u8 = 73;

/// Reading or writing failed.
pub const IO_ERROR: u8 = 74;

/// Try again later: somebody else is at work.
pub const TEMPORARY: u8 = 75;

/// Not allowed: a file or folder of another user.
pub const NO_PERMISSION: u8 = 77;

/// The configuration is wrong; starting again will not help.
pub const CONFIG: u8 = 78;
