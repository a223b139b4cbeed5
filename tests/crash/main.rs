//! An init that is killed, anywhere, and started again makes a whole home: always.

mod moments;
mod syscalls;
