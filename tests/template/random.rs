//! Random templates with random data.

use crate::go;

/// How many templates a run compares.
const COUNT: &str = "2000";

#[test]
fn random_templates_render_as_in_go() {
    let seed = std::env::var("TEMPLATE_SEED").unwrap_or_else(|_| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.expect("a time after 1970").as_millis().to_string()
    });
    let output = go::run(&["random", &seed, COUNT], b"");
    let cases: Vec<serde_json::Value> = serde_json::from_slice(&output).expect("JSON");
    let engine = go::engine();
    let wrong: Vec<String> =
        cases.iter().filter_map(|case| go::difference(&engine, case)).collect();
    println!("TEMPLATE_SEED={seed}");
    assert!(
        wrong.is_empty(),
        "TEMPLATE_SEED={seed}: {} of {} differ:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}
