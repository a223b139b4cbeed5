//! `agent install` and `agent snapshot restore`, with archives of the real programs on a real server.

mod archive;
mod faults;
mod formats;
mod http;
mod install;
mod owner;
mod refused;
mod restore;
