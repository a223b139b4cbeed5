//! The chart renders what it rendered before; a difference is looked at, and then taken over.

use std::{fs, process::Command};

use chainpod_tests::{agent::write, root};

use crate::tools::{Set, read, run, sets, template, updates};

#[test]
fn the_chart_passes_helms_lint() {
    for Set { name, files } in sets() {
        let files: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
        let mut args = vec!["lint", "--strict", "k8s/helm/chainpod"];
        args.extend(files.iter().flat_map(|file| ["--values", file]));
        run("helm", &args).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn every_set_of_values_renders_what_it_did() {
    let folder = root().join("tests/k8s/golden");
    let mut wrong = Vec::new();
    for Set { name, files } in sets() {
        let rendered = template(&files, &[]).unwrap_or_else(|error| panic!("{name}: {error}"));
        let rendered = without_dashboard(&rendered);
        let golden = folder.join(format!("{name}.yaml"));
        if updates() {
            write(&golden, &rendered);
            continue;
        }
        if read(&golden) != rendered {
            let now = folder.join(format!(".{name}.now.yaml"));
            write(&now, &rendered);
            let diff = Command::new("diff").arg("-u").args([&golden, &now]).output().expect("diff");
            fs::remove_file(now).expect("our own file");
            wrong.push(String::from_utf8_lossy(&diff.stdout).into_owned());
        }
    }
    assert!(wrong.is_empty(), "{}\nif it is meant: UPDATE=1", wrong.join("\n"));
}

#[test]
fn what_is_rendered_has_no_trailing_blanks() {
    for Set { name, files } in sets() {
        let rendered = template(&files, &[]).unwrap_or_else(|error| panic!("{name}: {error}"));
        let line = rendered.lines().find(|line| line.ends_with(' '));
        assert_eq!(line, None, "{name}");
    }
}

/// The dashboard is a file of its own, and long.
fn without_dashboard(text: &str) -> String {
    let mut inside = false;
    let kept = text.lines().filter(|line| {
        let was = inside;
        if line.trim() == "chainpod.json: |" {
            inside = true;
        } else if *line == "---" {
            inside = false;
        }
        !(was && inside)
    });
    kept.flat_map(|line| [line, "\n"]).collect()
}
