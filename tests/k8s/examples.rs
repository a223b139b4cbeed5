//! The examples for Argo CD, helmfile and monitoring are what those programs read.

use chainpod_tests::root;
use serde_json::Value;

use crate::{
    kustomize,
    tools::{documents, entries, parse_file, read, template, text, tree},
};

fn examples() -> std::path::PathBuf {
    root().join("k8s/examples")
}

#[test]
fn the_applications_of_argo_cd_render() {
    for file in entries(&examples().join("argocd")) {
        let application = parse_file(&file);
        assert_eq!(text(&application, "/kind"), "Application", "{}", file.display());
        let path = text(&application, "/spec/source/path");
        match application.pointer("/spec/source/helm/valuesObject") {
            Some(values) => {
                assert_eq!(path, "k8s/helm/chainpod");
                assert!(documents(&rendered(values)).len() > 10);
            }
            None => assert!(!kustomize::build(path).is_empty()),
        }
    }
}

#[test]
fn the_releases_of_the_helmfile_render() {
    let helmfile = parse_file(&examples().join("helmfile.yaml"));
    let releases = helmfile["releases"].as_array().expect("releases");
    assert_eq!(releases.len(), 2);
    for release in releases {
        assert!(examples().join(text(release, "/chart")).join("Chart.yaml").exists());
        let values = release["values"].as_array().expect("values");
        let files: Vec<_> =
            values.iter().filter_map(Value::as_str).map(|f| examples().join(f)).collect();
        let inline = values.iter().filter_map(Value::as_object).flatten();
        let settings: Vec<_> = inline.map(|(key, value)| format!("{key}={value}")).collect();
        let settings: Vec<_> = settings.iter().map(String::as_str).collect();
        template(&files, &settings).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn every_example_is_yaml() {
    for file in tree(&examples()) {
        if file.extension().is_some_and(|extension| extension == "yaml") {
            assert!(parse_file(&file).is_object(), "{}", file.display());
        }
    }
}

#[test]
fn the_existing_secret_of_the_examples_has_one_name() {
    let values = parse_file(&examples().join("values/external-secret.yaml"));
    let name = text(&values, "/mnemonics/existingSecret");
    for file in entries(&examples().join("secrets")) {
        assert!(read(&file).contains(&format!("name: {name}")), "{}", file.display());
    }
}

/// The chart rendered with values of an application.
fn rendered(values: &Value) -> String {
    let settings: Vec<_> = values
        .as_object()
        .expect("values")
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    let settings: Vec<_> = settings.iter().map(String::as_str).collect();
    template(&[], &settings).unwrap_or_else(|error| panic!("{error}"))
}
