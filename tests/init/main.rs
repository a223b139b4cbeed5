//! `agent init` from outside, with the real node's program.

mod bad_input;
mod documents;
mod faults;
mod half_made;
mod parity;
