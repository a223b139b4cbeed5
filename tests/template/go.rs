//! Runs the Go program in `gen`, and compares its results with ours.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use agent::template::{Engine, TemplateError, Value};
use base64::Engine as _;
use serde_json::Value as Json;

const COMMON: &str = r#"{{- define "port" -}}{{ add 30333 .Index }}{{- end -}}
{{- define "greet" }}Hello {{ . }}!{{ end -}}
{{- define "loop" }}{{ include "loop" . }}{{ end -}}
{{- define "blank" }}  {{ end -}}
{{- define "fails" }}{{ fail "no luck" }}{{ end -}}
"#;

/// The folder of the Go program and the cases.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("template")
}

/// Builds the Go program, once in this process.
fn program() -> &'static Path {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("template-gen");
        let mut build = Command::new("go");
        build.args(["build", "-o"]).arg(&program).arg(".").current_dir(folder().join("gen"));
        assert!(build.status().expect("go is installed").success(), "go build");
        program
    });
    &PROGRAM
}

/// What the Go program writes for these arguments and this input.
pub fn run(args: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new(program())
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program that was built");
    child.stdin.take().expect("a pipe").write_all(input).expect("the program reads its input");
    let output = child.wait_with_output().expect("the program ends");
    assert!(output.status.success(), "{args:?}");
    output.stdout
}

/// An engine with the environment of the Go program.
pub fn engine() -> Engine {
    Engine::new(|name| match name {
        "HOSTNAME" => Some("chain-gwc-3".to_owned()),
        "GREETING" => Some("hi there".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    })
}

/// The data that the Go program gives to templates: kubebot's, or some JSON.
pub fn data(json: Option<&Json>) -> Value {
    match json {
        Some(json) => Value::from(json.clone()),
        None => Value::structure(
            "main.Data",
            vec![
                ("Index", Value::int(3)),
                ("Command", Value::strings(["node", "--flag"])),
                ("Stdout", "stdout".into()),
                ("Stderr", "stderr".into()),
            ],
        ),
    }
}

/// Renders a template with the shared definitions of the Go program.
pub fn render(engine: &Engine, text: &str, data: &Value) -> Result<Vec<u8>, TemplateError> {
    engine.parse("common", COMMON)?.template("t", text)?.render_bytes(data)
}

/// How our result differs from Go's, if it does.
pub fn difference(engine: &Engine, case: &Json) -> Option<String> {
    let text = case["template"].as_str().expect("a template");
    let ours = render(engine, text, &data(case.get("data")));
    let expected = expected(case);
    let same = match (&ours, &expected) {
        (Ok(ours), Ok(expected)) => ours == expected,
        (Err(ours), Err(expected)) => same_error(&ours.to_string(), expected),
        _ => false,
    };
    let shown = |out: &Vec<u8>| String::from_utf8_lossy(out).into_owned();
    let ours = ours.map(|out| shown(&out)).map_err(|error| error.to_string());
    (!same).then(|| {
        let data = case.get("data").map_or(String::new(), ToString::to_string);
        format!(
            "{text}\n  data {data}\n  ours {ours:?}\n  go   {:?}",
            expected.map(|out| shown(&out))
        )
    })
}

fn expected(case: &Json) -> Result<Vec<u8>, String> {
    if let Some(error) = case["error"].as_str() {
        return Err(error.to_owned());
    }
    if let Some(encoded) = case["out_b64"].as_str() {
        return Ok(base64::engine::general_purpose::STANDARD.decode(encoded).expect("base 64"));
    }
    Ok(case["out"].as_str().expect("an output").as_bytes().to_vec())
}

/// Compares error messages: all of them where ours are to be Go's, else that both are errors.
fn same_error(ours: &str, go: &str) -> bool {
    /// Errors whose words come from Go's runtime or libraries, or are better here.
    const FREE: [&str; 10] = [
        "non-comparable",
        "error parsing regexp",
        "runtime error",
        "reflect",
        "not defined",
        "JSON",
        "looking for beginning",
        "invalid character",
        "too deeply",
        "complex",
    ];
    // A parse error of Go's has no column.
    let without_column = |text: &str| {
        let mut parts = text.splitn(5, ':').map(str::to_owned).collect::<Vec<_>>();
        if parts.get(3).is_some_and(|part| part.parse::<usize>().is_ok())
            && !text.contains("executing")
        {
            parts.remove(3);
        }
        parts.join(":")
    };
    // Go names the type that an element of a map or a list was declared with; we name its own.
    let declared = go.strip_suffix(" in type interface {}");
    let own_type = declared.is_some_and(|go| ours.starts_with(go));
    own_type || without_column(ours) == go || FREE.iter().any(|free| go.contains(free))
}
