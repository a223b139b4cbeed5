//! A configuration is read or refused, always in the same way.

#![no_main]

use std::path::Path;

use agent::config::{Config, env::Env};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let env = Env::of([("CHAIN_INSTANCE_NAME", "gwc"), ("CHAIN_APP_NAME", "gwc")]);
    let read = || Config::parse(Path::new("kubebot.yaml"), bytes, &env);
    match (read(), read()) {
        (Ok(one), Ok(other)) => assert_eq!(one, other),
        (Err(one), Err(other)) => assert_eq!(one.to_string(), other.to_string()),
        _ => panic!("read once and refused once"),
    }
});
