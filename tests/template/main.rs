//! The templates of the agent beside Go's own: the same template and data rendered by both.

mod cases;
mod go;
mod limits;
mod random;
mod shape;
