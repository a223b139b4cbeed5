//! Exact decimal arithmetic on floats.
//!
//! # Source
//! `github.com/shopspring/decimal` v1.2.0: the shortest decimal of each float, exact sums and
//! products, and quotients of 16 decimal places.

use num_bigint::{BigInt, Sign};

use super::super::func::Failure;
use super::super::value::Value;

/// Decimal places of a quotient.
const DIVISION_PLACES: i64 = 16;

/// `value` times ten to the power of `exponent`.
#[derive(Clone)]
struct Decimal {
    value: BigInt,
    exponent: i64,
}

/// The sum of all.
pub fn add(floats: &[f64]) -> Result<Value, Failure> {
    fold(floats, Some(0.0), |a, b| Ok(sum(a, b)))
}

/// The first without the others.
pub fn sub(floats: &[f64]) -> Result<Value, Failure> {
    fold(floats, None, |a, b| Ok(sum(a, &Decimal { value: -&b.value, ..*b })))
}

/// The product of all.
pub fn mul(floats: &[f64]) -> Result<Value, Failure> {
    fold(floats, None, |a, b| {
        Ok(Decimal { value: &a.value * &b.value, exponent: a.exponent + b.exponent })
    })
}

/// The first divided by each of the others.
pub fn div(floats: &[f64]) -> Result<Value, Failure> {
    fold(floats, None, quotient)
}

fn fold(
    floats: &[f64],
    start: Option<f64>,
    apply: impl Fn(&Decimal, &Decimal) -> Result<Decimal, Failure>,
) -> Result<Value, Failure> {
    let mut floats = start.into_iter().chain(floats.iter().copied());
    let mut result = decimal(floats.next().unwrap_or(0.0))?;
    for float in floats {
        result = apply(&result, &decimal(float)?)?;
        if result.value.bits() > 100_000 {
            return Err("the number has too many digits".into());
        }
    }
    let text = format!("{}e{}", result.value, result.exponent);
    Ok(Value::Float(text.parse().unwrap_or(0.0)))
}

fn decimal(float: f64) -> Result<Decimal, Failure> {
    if !float.is_finite() {
        let shown = super::super::format::format_float(float, 'g', None);
        return Err(format!("Cannot create a Decimal from {shown}").into());
    }
    let text = format!("{float:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let places = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let value = mantissa.replace('.', "").parse().unwrap_or_default();
    let exponent: i64 = exponent.parse().unwrap_or(0);
    Ok(Decimal { value, exponent: exponent - i64::try_from(places).unwrap_or(0) })
}

fn power(exponent: i64) -> BigInt {
    BigInt::from(10).pow(u32::try_from(exponent).unwrap_or(0))
}

/// The value at an exponent that is not above its own.
fn rescaled(number: &Decimal, exponent: i64) -> BigInt {
    &number.value * power(number.exponent - exponent)
}

fn sum(a: &Decimal, b: &Decimal) -> Decimal {
    let exponent = a.exponent.min(b.exponent);
    Decimal { value: rescaled(a, exponent) + rescaled(b, exponent), exponent }
}

/// Rounded half away from zero.
fn quotient(a: &Decimal, b: &Decimal) -> Result<Decimal, Failure> {
    if b.value.sign() == Sign::NoSign {
        return Err("decimal division by 0".into());
    }
    let shift = a.exponent - b.exponent + DIVISION_PLACES;
    let (numerator, denominator) = if shift < 0 {
        (a.value.clone(), &b.value * power(-shift))
    } else {
        (&a.value * power(shift), b.value.clone())
    };
    let mut value = &numerator / &denominator;
    let rest = &numerator % &denominator;
    if rest.magnitude() * 2_u32 >= *denominator.magnitude() {
        let same_sign = numerator.sign() == denominator.sign();
        value += if same_sign || numerator.sign() == Sign::NoSign { 1 } else { -1 };
    }
    Ok(Decimal { value, exponent: -DIVISION_PLACES })
}
