//! A template is rendered or refused. Shared definitions stand before it, and a line `---` between.

#![no_main]

use agent::template::{Engine, Value};
use libfuzzer_sys::{Corpus, fuzz_target};

/// What is slow because it shall be, such as a hash for passwords, and not because of its input.
const SLOW: [&str; 4] = ["bcrypt", "htpasswd", "derivePassword", "gen"];

fuzz_target!(|text: &str| -> Corpus {
    if SLOW.iter().any(|function| text.contains(function)) {
        return Corpus::Reject;
    }
    let (shared, text) = text.split_once("\n---\n").unwrap_or(("", text));
    let engine = Engine::new(|name| (name == "HOSTNAME").then(|| "chain-gwc-3".to_owned()));
    if let Ok(templates) = engine.parse("commonTemplate", shared) {
        let rendered = templates.render("nodeTemplate", text, &Value::Nil);
        let _ = rendered.map_err(|error| error.to_string()); // either is fine; a panic is not
    }
    Corpus::Keep
});
