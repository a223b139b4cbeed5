//! No template hangs the program, overflows its stack or takes all of its memory.

use agent::template::Value;
use proptest::prelude::*;

use crate::go;

fn error(text: &str) -> String {
    go::render(&go::engine(), text, &go::data(None)).expect_err("an erro").to_string()
}

#[test]
fn endless_templates_are_errors() {
    for (text, reason) in [
        (r#"{{ include "loop" . }}"#, "includes itself more than 1000 times"),
        (r#"{{ define "x" }}{{ template "x" }}{{ end }}{{ template "x" }}"#, "template depth"),
        (r#"{{ repeat 1000000000 "a" }}"#, "longer than"),
        ("{{ range 1000000000000 }}{{ end }}", "steps"),
        ("{{ until 1000000000 }}", "longer than"),
        ("{{ seq 1 1000000000 }}", "longer than"),
        (r#"{{ indent 1000000000 "a" }}"#, "longer than"),
        (r#"{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ $d }}"#, "nested too deeply"),
        (r#"{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ toJson $d }}"#, "nested too deeply"),
        (r#"{{ $s := "aaaaaaaaaa" }}{{ range 100 }}{{ $s = print $s $s }}{{ end }}"#, "too long"),
        ("{{ range 1000000 }}aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa{{ end }}", "output is longe"),
        (r"{{ randAlphaNum 1000000000 }}", "longer than"),
        ("{{ $l := list }}{{ range 1000000 }}{{ $l = append $l 1 }}{{ end }}", "makes more than"),
        (
            r#"{{ printf "%1000000d%1000000d%1000000d%1000000d%1000000d%1000000d%1000000d%1000000d%1000000d%1000000d%1000000d%1000000d%1000000d%1000000d%1000000d%1000000d%1000000d" 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 }}"#,
            "too long",
        ),
    ] {
        let error = error(text);
        assert!(error.contains(reason), "{text}: {error}");
    }
}

#[test]
fn deep_values_are_dropped() {
    let text = "{{ $x := list }}{{ range 100000 }}{{ $x = list $x }}{{ end }}done";
    let out = go::render(&go::engine(), text, &Value::Nil).expect("rendered");
    assert_eq!(out, b"done");
}

#[test]
fn deep_nesting_within_the_limit_works() {
    let text = format!("{{{{ {}1{} }}}}", "(".repeat(900), ")".repeat(900));
    assert_eq!(go::render(&go::engine(), &text, &Value::Nil).expect("rendered"), b"1");
}

/// Templates from pieces of the language, which get further than random bytes do.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{{",
        "}}",
        "{{-",
        "-}}",
        " ",
        "(",
        ")",
        "|",
        ".",
        ".a",
        "$",
        "$x",
        ":=",
        "=",
        ",",
        "if",
        "else",
        "end",
        "range",
        "with",
        "define",
        "template",
        "block",
        "break",
        "continue",
        "\"x\"",
        "`y`",
        "'c'",
        "1",
        "-2.5",
        "0x",
        "1i",
        "nil",
        "true",
        "printf",
        "\"%v %-5.2[1]f%*d\"",
        "list",
        "dict",
        "index",
        "slice",
        "len",
        "eq",
        "regexReplaceAll",
        "subst",
        "trunc",
        "splitList",
        "date",
        "\"2006-01\"",
        "semve",
        "urlParse",
        "include",
        "é",
        "\n",
        "/*",
        "*/",
        "{{/*",
        "set",
        "merge",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_text_makes_it_panic(text in prop_oneof![any::<String>(), pieces()]) {
        let _ = go::render(&go::engine(), &text, &go::data(None));
    }

    #[test]
    fn no_arguments_make_a_function_panic(
        name in prop::sample::select(functions()),
        args in prop::collection::vec(argument(), 0..5),
    ) {
        let _ = go::render(&go::engine(), &format!("{{{{ {name} {} }}}}", args.join(" ")), &go::data(None));
    }
}

/// All functions but the slow ones.
fn functions() -> Vec<String> {
    const SLOW: [&str; 4] = ["bcrypt", "htpasswd", "derivePassword", "getHostByName"];
    let engine = go::engine();
    engine
        .function_names()
        .into_iter()
        .filter(|name| !SLOW.contains(name))
        .map(str::to_owned)
        .collect()
}

fn argument() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<i64>().prop_map(|int| int.to_string()),
        (-3..12_i64).prop_map(|int| int.to_string()),
        any::<f64>()
            .prop_filter("a literal", |float| float.is_finite())
            .prop_map(|float| format!("{float:e}")),
        any::<String>()
            .prop_map(|text| serde_json::to_string(&text).expect("JSON").replace("\\/", "/")),
        "[%a-z0-9.*+#\\[\\]-]{0,12}".prop_map(|text| format!("`{text}`")),
        prop::sample::select(vec![
            ".",
            "nil",
            "true",
            "(list 1 nil \"a\")",
            "(dict \"a\" 1)",
            "(list)",
            "(now)",
            "(semver \"1.2.3\")",
            "(b64dec \"/w==\")",
            "(split \",\" \"a,b\")",
            "(until 3)",
            "\"1h\"",
            "\"2006-01-02\"",
            "-9223372036854775808",
            "9223372036854775807",
        ])
        .prop_map(str::to_owned),
    ]
}
