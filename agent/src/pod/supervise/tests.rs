//! Tests of [`Supervisor::on`](super::Supervisor::on), without a process or a clock.
