//! `agent run` with a real node: blocks, stops, restarts, and an image from scratch.

mod demo;
mod scratch;
mod supervised;
