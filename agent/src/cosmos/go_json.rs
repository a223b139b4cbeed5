//! JSON as Go's `encoding/json` writes it, so that our files are those of the node's own commands
//! byte for byte.

use std::io;

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

/// JSON on one line: `json.Marshal`.
pub(crate) fn compact(value: &impl Serialize) -> Vec<u8> {
    write(value, GoFormatter(CompactFormatter))
}

/// JSON on many lines, two spaces a level: `json.MarshalIndent(v, "", "  ")`.
pub(crate) fn indented(value: &impl Serialize) -> Vec<u8> {
    write(value, GoFormatter(PrettyFormatter::new()))
}

/// Writes strings as Go does, and everything else as `F` does.
struct GoFormatter<F>(F);

fn write(value: &impl Serialize, formatter: impl Formatter) -> Vec<u8> {
    // Files of keys fit, so that the vector is not moved and a copy of the key left behind.
    let mut bytes = Vec::with_capacity(4096);
    value
        .serialize(&mut Serializer::with_formatter(&mut bytes, formatter))
        .expect("values with text keys, written to memory");
    bytes
}

/// What Go escapes besides what JSON must, so that a text is safe inside of HTML and JavaScript.
///
/// # Source
///
/// `appendString`, go 1.26, encoding/json/encode.go, with `escapeHTML`, which `json.Marshal` and
/// `jsonpb` (gogoproto v1.7.2, jsonpb/jsonpb.go:753) both have on.
fn html_escape(c: char) -> Option<&'static str> {
    match c {
        '<' => Some("\\u003c"),
        '>' => Some("\\u003e"),
        '&' => Some("\\u0026"),
        '\u{2028}' => Some("\\u2028"),
        '\u{2029}' => Some("\\u2029"),
        _ => None,
    }
}

/// Passes each call on, but for the text of strings. A fragment has no character that JSON itself
/// must have escaped; `serde_json` escapes those as Go does since 1.22.
impl<F: Formatter> Formatter for GoFormatter<F> {
    fn write_string_fragment<W>(&mut self, writer: &mut W, mut fragment: &str) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        while let Some((at, c, escape)) =
            fragment.char_indices().find_map(|(at, c)| html_escape(c).map(|escape| (at, c, escape)))
        {
            let (plain, rest) = fragment.split_at(at);
            writer.write_all(plain.as_bytes())?;
            writer.write_all(escape.as_bytes())?;
            fragment = rest.strip_prefix(c).unwrap_or(rest);
        }
        writer.write_all(fragment.as_bytes())
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W>(&mut self, writer: &mut W, first: bool) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W>(&mut self, writer: &mut W, first: bool) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn text(value: &Value) -> String {
        String::from_utf8(compact(value)).unwrap()
    }

    #[test]
    fn html_is_escaped_and_other_text_is_not() {
        let value = json!({"<k>": "a<b>&\"\\\u{2028}\u{2029}é\u{7f}🦀\n\u{1}\u{8}/"});
        let expected = r#"{"\u003ck\u003e":"a\u003cb\u003e\u0026\"\\\u2028\u2029é"#.to_owned()
            + "\u{7f}🦀"
            + r#"\n\u0001\b/"}"#;
        assert_eq!(text(&value), expected);
    }

    #[test]
    fn indentation_is_two_spaces_and_empty_ones_stay_on_their_line() {
        let value = json!({"a": [1, {"b": null}], "c": {}, "d": []});
        let expected = "{\n  \"a\": [\n    1,\n    {\n      \"b\": null\n    }\n  ],\n  \
                        \"c\": {},\n  \"d\": []\n}";
        assert_eq!(str::from_utf8(&indented(&value)).unwrap(), expected);
    }

    proptest! {
        #[test]
        fn what_is_written_parses_back(text in any::<String>()) {
            let value = json!({ &text: [text] });
            prop_assert_eq!(&serde_json::from_slice::<Value>(&compact(&value)).unwrap(), &value);
            prop_assert_eq!(&serde_json::from_slice::<Value>(&indented(&value)).unwrap(), &value);
        }
    }
}
