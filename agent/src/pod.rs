//! What a PID 1 in a pod needs, whatever it runs.
