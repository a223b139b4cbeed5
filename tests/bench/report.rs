//! What is printed: one line for each measure and peer.

use std::fmt;

use serde_json::{Value, json};

use crate::series::{Number, Series};

/// What a measure has to reach. A target that is missed is printed, and is no failure: the machine
/// may be busy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    /// Ours is at most this.
    AtMost(f64),
    /// Ours is at most this more than the peer's.
    Beyond(f64),
    /// Ours is at most the peer's times this.
    Times(f64),
    /// Ours is at least this many times as fast as the peer.
    Faster(f64),
    /// Ours, a rate, is at least the peer's times this.
    Level(f64),
    /// Ours, a rate, is at least this.
    AtLeast(f64),
}

/// One measure of ours, beside that of one peer.
#[derive(Clone, Debug)]
pub struct Line {
    /// What is measured.
    pub measure: String,
    /// In which unit.
    pub unit: &'static str,
    /// Our values.
    pub ours: Series,
    /// The peer's values.
    pub peer: Option<Series>,
    /// What is to be reached.
    pub target: Option<Target>,
}

impl Line {
    /// A measure that has no peer.
    pub fn alone(measure: impl Into<String>, unit: &'static str, ours: Series) -> Self {
        Self { measure: measure.into(), unit, ours, peer: None, target: None }
    }

    /// A measure beside a peer's.
    pub fn beside(
        measure: impl Into<String>,
        unit: &'static str,
        ours: &Series,
        peer: &Series,
    ) -> Self {
        Self { peer: Some(peer.clone()), ..Self::alone(measure, unit, ours.clone()) }
    }

    /// Sets what is to be reached.
    #[must_use]
    pub fn target(self, target: Target) -> Self {
        Self { target: Some(target), ..self }
    }

    /// Ours by the peer's.
    fn ratio(&self) -> Option<f64> {
        let peer = self.peer.as_ref()?.median();
        (peer > 0.0).then(|| self.ours.median() / peer)
    }

    /// What is ours beyond the peer's.
    fn beyond(&self) -> f64 {
        self.ours.median() - self.peer.as_ref().map_or(0.0, Series::median)
    }

    fn is_met(&self) -> Option<bool> {
        let ratio = self.ratio().unwrap_or(f64::NAN);
        Some(match self.target? {
            Target::AtMost(most) => self.ours.median() <= most,
            Target::Beyond(most) => self.beyond() <= most,
            Target::Times(most) => ratio <= most,
            Target::Faster(times) => ratio * times <= 1.0,
            Target::Level(least) => ratio >= least,
            Target::AtLeast(least) => self.ours.median() >= least,
        })
    }

    fn cells(&self) -> [String; 8] {
        let text = |value: Option<String>| value.unwrap_or_default();
        let difference = self.peer.as_ref().map(|_| format!("{:+}", Signed(self.beyond())));
        [
            self.measure.clone(),
            self.unit.to_owned(),
            self.ours.to_string(),
            text(self.peer.as_ref().map(|peer| peer.name.clone())),
            text(self.peer.as_ref().map(ToString::to_string)),
            text(self.ratio().map(|ratio| format!("{ratio:.2} ({})", text(difference)))),
            text(self.target.map(|target| target.to_string())),
            match self.is_met() {
                Some(true) => "met".to_owned(),
                Some(false) => "MISSED".to_owned(),
                None => String::new(),
            },
        ]
    }

    fn json(&self) -> Value {
        let series = |series: &Series| {
            json!({
                "name": series.name,
                "median": series.median(),
                "best": series.best(),
                "runs": series.runs(),
            })
        };
        json!({
            "measure": self.measure,
            "unit": self.unit,
            "ours": series(&self.ours),
            "peer": self.peer.as_ref().map(series),
            "ratio": self.ratio(),
            "target": self.target.map(|target| target.to_string()),
            "met": self.is_met(),
        })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(most) => write!(f, "at most {most}"),
            Self::Beyond(most) => write!(f, "at most {most} more"),
            Self::Times(most) => write!(f, "at most {most} times it"),
            Self::Faster(times) => write!(f, "at least {times} times as fast"),
            Self::Level(least) => write!(f, "at least {least} of it"),
            Self::AtLeast(least) => write!(f, "at least {least}"),
        }
    }
}

/// A number with its sign.
struct Signed(f64);

impl fmt::Display for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0.0 { "-" } else { "+" };
        write!(f, "{sign}{}", Number(self.0.abs()))
    }
}

/// All lines as one table with aligned columns; the same measure is named once.
pub fn table(lines: &[Line]) -> String {
    let head =
        ["measure", "unit", "agent", "peer", "its value", "ratio (difference)", "target", ""];
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(lines.iter().map(Line::cells));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<_> = (0..head.len()).map(|column| width(column).unwrap_or_default()).collect();
    let mut text = String::new();
    let mut last = String::new();
    for mut row in rows {
        if row[0] == last {
            row[..3].fill(String::new());
        } else {
            last.clone_from(&row[0]);
        }
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// All lines as one JSON document.
pub fn json(lines: &[Line]) -> String {
    let lines: Vec<_> = lines.iter().map(Line::json).collect();
    format!("{:#}\n", Value::from(lines))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::Better;

    fn line(ours: f64, peer: f64, target: Target) -> Line {
        let series = |value| Series::new("a", Better::Less, vec![value, value * 2.0, value * 3.0]);
        Line::beside("init", "s", &series(ours), &series(peer)).target(target)
    }

    #[test]
    fn a_target_is_met_or_missed() {
        let cases = [
            (Target::AtMost(2.0), true),
            (Target::AtMost(1.9), false),
            (Target::Beyond(-14.0), true),
            (Target::Beyond(-14.1), false),
            (Target::Times(0.125), true),
            (Target::Times(0.124), false),
            (Target::Faster(8.0), true),
            (Target::Faster(8.1), false),
            (Target::Level(0.125), true),
            (Target::Level(0.126), false),
        ];
        for (target, met) in cases {
            assert_eq!(line(1.0, 8.0, target).is_met(), Some(met), "{target}");
        }
    }

    #[test]
    fn a_measure_is_named_once_and_what_is_missed_is_told() {
        let table =
            table(&[line(1.0, 8.0, Target::Faster(8.0)), line(1.0, 8.0, Target::Times(0.1))]);
        let rows: Vec<_> = table.lines().collect();
        assert!(rows[1].starts_with("init     s     2.00 / 1.00") && rows[1].ends_with("met"));
        assert!(rows[2].starts_with("         ") && rows[2].ends_with("MISSED"), "{table}");
    }
}
