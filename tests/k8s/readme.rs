//! The table of values in the chart's README is made from `values.yaml`.

use std::fmt::Write as _;

use chainpod_tests::agent::write;

use crate::tools::{chart, read, updates};

const BEGIN: &str = "<!-- values: begin, made from values.yaml -->\n";
const END: &str = "<!-- values: end -->";

#[test]
fn the_readme_has_every_value() {
    let path = chart().join("README.md");
    let readme = read(&path);
    let (before, rest) = readme.split_once(BEGIN).expect("the begin of the table");
    let (old, after) = rest.split_once(END).expect("the end of the table");
    let table = table(&read(&chart().join("values.yaml")));
    if updates() {
        write(&path, &[before, BEGIN, &table, END, after].concat());
    } else {
        assert!(
            old == table,
            "the README's table is not that of values.yaml; write it by UPDATE=1"
        );
    }
}

/// One line for each value that has a comment `# --`.
fn table(values: &str) -> String {
    let mut table = String::from("| value | default | meaning |\n|---|---|---|\n");
    let mut place: Vec<(usize, &str)> = Vec::new();
    let mut meaning = None;
    let lines: Vec<_> = values.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        let indent = line.len() - line.trim_start().len();
        if let Some(text) = line.trim().strip_prefix("# -- ") {
            assert_eq!(meaning, None, "two meanings, the second: {line}");
            meaning = Some(text);
            continue;
        }
        let Some((key, default)) = line.split_once(':').filter(|_| is_key(line)) else { continue };
        if meaning.is_none() && place.iter().any(|(at, key)| *key == "!" && *at < indent) {
            continue; // a part of a default
        }
        place.retain(|(at, _)| *at < indent);
        let Some(text) = meaning.take() else {
            let children =
                lines.get(index + 1).is_some_and(|next| next.starts_with(&" ".repeat(indent + 1)));
            assert!(children, "line {}: a value without a meaning: {line}", index + 1);
            place.push((indent, key.trim()));
            continue;
        };
        let name: Vec<_> = place.iter().map(|(_, key)| *key).chain([key.trim()]).collect();
        let default = match default.trim() {
            "" => "see values.yaml".to_owned(),
            default => format!("`{default}`"),
        };
        let _ = writeln!(table, "| `{}` | {default} | {text} |", name.join(".")); // a String takes it all
        if lines.get(index + 1).is_some_and(|next| next.starts_with(&" ".repeat(indent + 1))) {
            place.push((indent, "!"));
        }
    }
    table
}

/// Whether a line sets a key of a map.
fn is_key(line: &str) -> bool {
    let line = line.trim();
    !line.starts_with(['#', '-']) && line.contains(':')
}
