//! Edits of a TOML document are applied or refused; applied twice, they are applied once. Before the
//! document stand the edits, a line each (`key: value`, or `+key: value` for a key that may be new), and
//! a line `---`.

#![no_main]

use agent::{config::edits::Edit, init::toml};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Some((edits, document)) = text.split_once("\n---\n") else { return };
    let edits: Vec<_> = edits.lines().filter_map(edit).collect();
    match toml::apply(document, &edits) {
        Ok(edited) => {
            let again = toml::apply(&edited, &edits).expect("what was edited can be edited");
            assert_eq!(again, edited);
        }
        Err(problems) => assert!(problems.iter().all(|problem| !problem.to_string().is_empty())),
    }
});

fn edit(line: &str) -> Option<Edit> {
    let (key, value) = line.split_once(": ")?;
    Some(match key.strip_prefix('+') {
        Some(key) => Edit::default_of(key, value).or_new(),
        None => Edit::default_of(key, value),
    })
}
