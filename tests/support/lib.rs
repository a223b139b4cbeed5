//! Builders and waits for the end-to-end suites.
