//! Measured values, taken in turns so that a busy machine is busy for all.

use std::{error::Error, fmt};

/// A measurement can fail for any reason, and then there is no report.
pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Which values are good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// A duration, a size.
    Less,
    /// A rate.
    More,
}

/// What was measured of one program.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The program.
    pub name: String,
    sorted: Vec<f64>,
    better: Better,
}

impl Series {
    /// Values in any order.
    pub fn new(name: impl Into<String>, better: Better, mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        Self { name: name.into(), sorted: values, better }
    }

    /// How often it was measured.
    pub fn runs(&self) -> usize {
        self.sorted.len()
    }

    /// The value in the middle; the lower one of two.
    pub fn median(&self) -> f64 {
        let middle = self.sorted.len().saturating_sub(1) / 2;
        self.sorted.get(middle).copied().unwrap_or(f64::NAN)
    }

    /// The best value: what the program takes when nothing disturbs it.
    pub fn best(&self) -> f64 {
        let best = match self.better {
            Better::Less => self.sorted.first(),
            Better::More => self.sorted.last(),
        };
        best.copied().unwrap_or(f64::NAN)
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} / {}", Number(self.median()), Number(self.best())))
    }
}

/// A number with as many digits as a reader has use for.
#[derive(Clone, Copy, Debug)]
pub struct Number(pub f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.abs() {
            size if size == 0.0 || size >= 100.0 => write!(f, "{:.0}", self.0),
            size if size >= 10.0 => write!(f, "{:.1}", self.0),
            _ => write!(f, "{:.2}", self.0),
        }
    }
}

/// Measures each of `names` `rounds` times, in turns; every round begins with another one.
///
/// `one` gets the position of a name and returns `N` values; the result has `N` series for each
/// name, in order.
pub fn interleave<const N: usize>(
    names: &[&str],
    rounds: usize,
    mut one: impl FnMut(usize) -> Result<[f64; N]>,
) -> Result<Vec<[Series; N]>> {
    let mut values = vec![[const { Vec::new() }; N]; names.len()];
    for round in 0..rounds {
        for turn in 0..names.len() {
            let place = (round + turn) % names.len();
            let measured = one(place).map_err(|error| format!("{}: {error}", names[place]))?;
            for (values, value) in values[place].iter_mut().zip(measured) {
                values.push(value);
            }
        }
    }
    let series = |(name, values): (&&str, [Vec<f64>; N])| {
        values.map(|values| Series::new(*name, Better::Less, values))
    };
    Ok(names.iter().zip(values).map(series).collect())
}
