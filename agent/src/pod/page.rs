//! A page of metrics, in the text format of Prometheus.
//!
//! # Source
//!
//! Prometheus, exposition formats, text format 0.0.4.

use std::fmt::Write as _;

/// What kind of metric.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
}

/// A page that is being written.
#[derive(Debug, Default)]
pub struct Page(String);

impl Page {
    /// The `Content-Type` of a page.
    pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

    /// A metric with one value and no labels.
    pub fn one(&mut self, kind: Kind, name: &str, help: &str, value: f64) {
        self.many(kind, name, help, [([], value)]);
    }

    /// A metric with a value for each set of labels; without any it is left out.
    pub fn many<'l, const N: usize>(
        &mut self,
        kind: Kind,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = ([(&'l str, &'l str); N], f64)>,
    ) {
        let mut samples = samples.into_iter().peekable();
        if samples.peek().is_none() {
            return;
        }
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
        };
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}"); // a String takes it all
        for (labels, value) in samples {
            let labels: Vec<_> = labels.iter().map(|(name, text)| label(name, text)).collect();
            let labels = match labels.as_slice() {
                [] => String::new(),
                labels => format!("{{{}}}", labels.join(",")),
            };
            let _ = writeln!(self.0, "{name}{labels} {value}"); // as above
        }
    }

    /// The page.
    pub fn text(self) -> String {
        self.0
    }
}

/// A count as a value.
#[expect(clippy::cast_precision_loss, reason = "a Prometheus value is a float")]
pub fn float(number: u64) -> f64 {
    number as f64
}

fn label(name: &str, text: &str) -> String {
    let text = text.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n");
    format!("{name}=\"{text}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_help_and_type_and_escapes_its_labels() {
        let mut page = Page::default();
        page.one(Kind::Gauge, "a_seconds", "How long.", 1.5);
        page.many(Kind::Counter, "b_total", "How many.", [([("line", "a\"\\\n")], 3.0)]);
        page.many::<0>(Kind::Counter, "c_total", "None.", []);
        assert_eq!(
            page.text(),
            "# HELP a_seconds How long.\n# TYPE a_seconds gauge\na_seconds 1.5\n\
             # HELP b_total How many.\n# TYPE b_total counter\nb_total{line=\"a\\\"\\\\\\n\"} 3\n"
        );
    }
}
