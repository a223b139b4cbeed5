//! Integers and floats.

use super::super::bytes;
use super::super::format::display;
use super::super::func::{Args, Failure, MAX_ITEMS};
use super::super::num::{
    float_of_int, float_of_uint, int_of_float, int_of_uint, parse_float, parse_int,
};
use super::super::value::{Elem, IntKind, List, UintKind, Value};
use super::decimal;

/// `cast.ToInt64`: 0 for what is no number.
pub fn to_int(value: &Value) -> i64 {
    match value {
        Value::Bool(truth) => i64::from(*truth),
        Value::Int(int, IntKind::Int | IntKind::Int64) => *int,
        Value::Uint(uint, UintKind::Uint8 | UintKind::Uint64) => int_of_uint(*uint),
        Value::Float(float) => int_of_float(*float),
        Value::Str(text) => parse_int(text, 0).unwrap_or(0),
        _ => 0,
    }
}

/// `cast.ToFloat64`: 0 for what is no number.
pub fn to_float(value: &Value) -> f64 {
    match value {
        Value::Bool(truth) => f64::from(u8::from(*truth)),
        Value::Int(int, IntKind::Int | IntKind::Int64) => float_of_int(*int),
        Value::Uint(uint, _) => float_of_uint(*uint),
        Value::Float(float) => *float,
        Value::Str(text) => parse_float(text).unwrap_or(0.0),
        _ => 0.0,
    }
}

/// `add`.
pub fn add(args: &Args) -> Value {
    Value::int64(args.values.iter().fold(0, |sum, value| sum.wrapping_add(to_int(value))))
}

/// `add1`.
pub fn add1(args: &Args) -> Value {
    Value::int64(to_int(args.any(0)).wrapping_add(1))
}

/// `sub`.
pub fn sub(args: &Args) -> Value {
    Value::int64(to_int(args.any(0)).wrapping_sub(to_int(args.any(1))))
}

/// `mul`.
pub fn mul(args: &Args) -> Value {
    Value::int64(args.values.iter().fold(1, |product, value| product.wrapping_mul(to_int(value))))
}

/// `div`.
pub fn div(args: &Args) -> Result<Value, Failure> {
    match to_int(args.any(1)) {
        0 => Err("runtime error: integer divide by zero".into()),
        divisor => Ok(Value::int64(to_int(args.any(0)).wrapping_div(divisor))),
    }
}

/// `mod`.
pub fn modulo(args: &Args) -> Result<Value, Failure> {
    match to_int(args.any(1)) {
        0 => Err("runtime error: integer divide by zero".into()),
        divisor => Ok(Value::int64(to_int(args.any(0)).wrapping_rem(divisor))),
    }
}

/// `max`, `biggest`.
pub fn max(args: &Args) -> Value {
    Value::int64(args.values.iter().map(to_int).max().unwrap_or(0))
}

/// `min`.
pub fn min(args: &Args) -> Value {
    Value::int64(args.values.iter().map(to_int).min().unwrap_or(0))
}

/// `maxf`.
pub fn maxf(args: &Args) -> Value {
    extreme(
        args,
        |a, b| if a > b || (a == 0.0 && b == 0.0 && b.is_sign_negative()) { a } else { b },
    )
}

/// `minf`.
pub fn minf(args: &Args) -> Value {
    extreme(
        args,
        |a, b| if a < b || (a == 0.0 && b == 0.0 && a.is_sign_negative()) { a } else { b },
    )
}

fn extreme(args: &Args, choose: impl Fn(f64, f64) -> f64) -> Value {
    let floats = args.values.iter().map(to_float);
    let chosen =
        floats.reduce(|a, b| if a.is_nan() || b.is_nan() { f64::NAN } else { choose(a, b) });
    Value::Float(chosen.unwrap_or(0.0))
}

/// `add1f`.
pub fn add1f(args: &Args) -> Result<Value, Failure> {
    decimal::add(&[to_float(args.any(0)), 1.0])
}

/// `addf`.
pub fn addf(args: &Args) -> Result<Value, Failure> {
    decimal::add(&floats(args))
}

/// `subf`.
pub fn subf(args: &Args) -> Result<Value, Failure> {
    decimal::sub(&floats(args))
}

/// `mulf`.
pub fn mulf(args: &Args) -> Result<Value, Failure> {
    decimal::mul(&floats(args))
}

/// `divf`.
pub fn divf(args: &Args) -> Result<Value, Failure> {
    decimal::div(&floats(args))
}

fn floats(args: &Args) -> Vec<f64> {
    args.values.iter().map(to_float).collect()
}

/// `ceil`.
pub fn ceil(args: &Args) -> Value {
    Value::Float(to_float(args.any(0)).ceil())
}

/// `floor`.
pub fn floor(args: &Args) -> Value {
    Value::Float(to_float(args.any(0)).floor())
}

/// `round`.
pub fn round(args: &Args) -> Value {
    let round_on = if args.len() > 2 { args.float(2) } else { 0.5 };
    let power = 10.0_f64.powf(float_of_int(args.int(1)));
    let digit = power * to_float(args.any(0));
    let fraction = digit.fract();
    let rounded = if fraction >= round_on { digit.ceil() } else { digit.floor() };
    Value::Float(rounded / power)
}

/// `int`.
pub fn int(args: &Args) -> Value {
    Value::int(to_int(args.any(0)))
}

/// `int64`.
pub fn int64(args: &Args) -> Value {
    Value::int64(to_int(args.any(0)))
}

/// `float64`.
pub fn float64(args: &Args) -> Value {
    Value::Float(to_float(args.any(0)))
}

/// `atoi`.
pub fn atoi(args: &Args) -> Value {
    // What is out of range becomes the nearest integer, as `strconv.Atoi` returns it.
    let text = args.str(0);
    let value = parse_int(text, 10).unwrap_or_else(|error| match error {
        super::super::num::NumError::Range if text.starts_with(b"-") => i64::MIN,
        super::super::num::NumError::Range => i64::MAX,
        super::super::num::NumError::Syntax => 0,
    });
    Value::int(value)
}

/// `toDecimal`: an octal number.
pub fn to_decimal(args: &Args) -> Result<Value, Failure> {
    Ok(Value::int64(parse_int(&display(args.any(0))?, 8).unwrap_or(0)))
}

/// `until`.
pub fn until(args: &Args) -> Result<Value, Failure> {
    let count = args.int(0);
    steps(0, count, if count < 0 { -1 } else { 1 }).map(ints)
}

/// `untilStep`.
pub fn until_step(args: &Args) -> Result<Value, Failure> {
    steps(args.int(0), args.int(1), args.int(2)).map(ints)
}

fn ints(items: Vec<i64>) -> Value {
    Value::List(List::new(Elem::Int, items.into_iter().map(Value::int).collect()))
}

fn steps(start: i64, end: i64, step: i64) -> Result<Vec<i64>, Failure> {
    let mut items = Vec::new();
    if (end < start && step >= 0) || (end >= start && step <= 0) {
        return Ok(items);
    }
    let mut item = start;
    while (step > 0 && item < end) || (step < 0 && item > end) {
        if items.len() >= MAX_ITEMS {
            return Err(format!("the list is longer than {MAX_ITEMS} items").into());
        }
        items.push(item);
        let Some(next) = item.checked_add(step) else { break };
        item = next;
    }
    Ok(items)
}

/// `seq`.
pub fn seq(args: &Args) -> Result<Value, Failure> {
    let towards = |start: i64, end: i64| if end < start { -1 } else { 1 };
    let (start, end, step, past) = match args.len() {
        1 => (1, args.int(0), towards(1, args.int(0)), towards(1, args.int(0))),
        2 => {
            let step = towards(args.int(0), args.int(1));
            (args.int(0), args.int(1), step, step)
        }
        3 => {
            let (start, step, end) = (args.int(0), args.int(1), args.int(2));
            if end < start && step > 0 {
                return Ok("".into());
            }
            (start, end, step, towards(start, end))
        }
        _ => return Ok("".into()),
    };
    let items = steps(start, end.saturating_add(past), step)?;
    let texts: Vec<String> = items.iter().map(ToString::to_string).collect();
    super::super::func::bounded(texts.iter().map(|text| text.len() + 1).sum())?;
    Ok(Value::str(bytes::trim(texts.join(" ").as_bytes(), |rune| matches!(rune, '[' | ']'))))
}
