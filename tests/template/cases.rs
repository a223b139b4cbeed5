//! The fixed cases.

use crate::go;

fn committed() -> String {
    std::fs::read_to_string(go::folder().join("cases.json")).expect("cases.json")
}

#[test]
fn the_fixed_cases_render_as_in_go() {
    let cases: Vec<serde_json::Value> = serde_json::from_str(&committed()).expect("JSON");
    let engine = go::engine();
    let wrong: Vec<String> =
        cases.iter().filter_map(|case| go::difference(&engine, case)).collect();
    assert!(cases.len() >= 500, "{} cases", cases.len());
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn the_expected_outputs_are_those_of_go() {
    let input = std::fs::read(go::folder().join("cases.txt")).expect("cases.txt");
    let fresh = String::from_utf8(go::run(&["cases"], &input)).expect("text");
    assert!(
        fresh == committed(),
        "cases.json is stale; tests/template/README.md says how to write it"
    );
}

#[test]
fn there_is_a_case_for_every_function() {
    let names: Vec<String> = serde_json::from_slice(&go::run(&["functions"], b"")).expect("JSON");
    let engine = go::engine();
    let known = engine.function_names();
    let cases = std::fs::read_to_string(go::folder().join("cases.txt")).expect("cases.txt");
    let shapes = include_str!("shape.rs");
    let is_named = |text: &str, name: &str| {
        text.split(|rune: char| !rune.is_ascii_alphanumeric() && rune != '_')
            .any(|word| word == name)
    };
    for name in &names {
        assert!(known.contains(&name.as_str()), "{name} is missing");
        assert!(is_named(&cases, name) || is_named(shapes, name), "{name} has no case");
    }
}
