//! Random values, all from the system's generator.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::bytes as text;
use super::super::func::{Args, Failure, bounded};
use super::super::num::uint_of_int;
use super::super::value::Value;

/// Random bytes.
pub fn fill<const N: usize>() -> Result<[u8; N], Failure> {
    let mut buffer = [0; N];
    fill_slice(&mut buffer)?;
    Ok(buffer)
}

fn fill_slice(buffer: &mut [u8]) -> Result<(), Failure> {
    crate::random::fill(buffer).map_err(|error| Failure(format!("no random bytes: {error}")))
}

/// A random number below `limit`, which is not 0.
pub fn below(limit: u64) -> Result<u64, Failure> {
    let limit = limit.max(1);
    let fair = u64::MAX - u64::MAX % limit;
    loop {
        let number = u64::from_le_bytes(fill()?);
        if number < fair {
            return Ok(number % limit);
        }
    }
}

/// `randAlphaNum`.
pub fn alpha_num(args: &Args) -> Result<Value, Failure> {
    characters(args, |byte| byte.is_ascii_alphanumeric())
}

/// `randAlpha`.
pub fn alpha(args: &Args) -> Result<Value, Failure> {
    characters(args, |byte| byte.is_ascii_alphabetic())
}

/// `randNumeric`.
pub fn numeric(args: &Args) -> Result<Value, Failure> {
    characters(args, |byte| byte.is_ascii_digit())
}

/// `randAscii`.
pub fn ascii(args: &Args) -> Result<Value, Failure> {
    characters(args, |byte| (b' '..=b'~').contains(&byte))
}

/// As many characters as asked for; none if that is negative.
fn characters(args: &Args, wanted: impl Fn(u8) -> bool) -> Result<Value, Failure> {
    let count = usize::try_from(args.int(0)).unwrap_or(0);
    bounded(count)?;
    let mut out = Vec::with_capacity(count);
    while out.len() < count {
        let buffer = fill::<256>()?;
        let fitting = buffer.iter().map(|byte| byte & 0x7f).filter(|&byte| wanted(byte));
        out.extend(fitting.take(count - out.len()));
    }
    Ok(Value::from(out))
}

/// `randBytes`: in base 64.
pub fn bytes(args: &Args) -> Result<Value, Failure> {
    let count =
        usize::try_from(args.int(0)).map_err(|_| "runtime error: makeslice: len out of range")?;
    bounded(count)?;
    let mut buffer = vec![0; count];
    fill_slice(&mut buffer)?;
    Ok(STANDARD.encode(buffer).into())
}

/// `randInt`: from the first number up to, and without, the second.
pub fn int(args: &Args) -> Result<Value, Failure> {
    let (low, high) = (args.int(0), args.int(1));
    match high.checked_sub(low) {
        Some(width) if width > 0 => {
            let offset = i64::try_from(below(uint_of_int(width))?).unwrap_or(0);
            Ok(Value::int(low.saturating_add(offset)))
        }
        _ => Err("invalid argument to Intn".into()),
    }
}

/// `shuffle`.
pub fn shuffle(args: &Args) -> Result<Value, Failure> {
    let mut runes: Vec<char> = text::chars(args.str(0)).collect();
    for index in (1..runes.len()).rev() {
        let limit = u64::try_from(index + 1).unwrap_or(1);
        runes.swap(index, usize::try_from(below(limit)?).unwrap_or(0));
    }
    Ok(runes.into_iter().collect::<String>().into())
}

/// `uuidv4`.
pub fn uuidv4(_: &Args) -> Result<Value, Failure> {
    let random = u128::from_be_bytes(fill()?);
    let versioned = (random & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let digits = format!("{versioned:032x}");
    let group = |start: usize, end: usize| digits.get(start..end).unwrap_or_default();
    Ok([group(0, 8), group(8, 12), group(12, 16), group(16, 20), group(20, 32)].join("-").into())
}
