//! Tests of [`Child`](super::Child), with shell scripts.
