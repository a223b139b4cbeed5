//! Base 64 and base 32. What cannot be decoded becomes Go's error message.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::func::Args;
use super::super::value::Value;

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// `b64enc`.
pub fn b64enc(args: &Args) -> Value {
    STANDARD.encode(args.str(0)).into()
}

/// `b64dec`.
pub fn b64dec(args: &Args) -> Value {
    base64_decode(args.str(0)).map_or_else(Value::from, Value::from)
}

/// Decodes as Go does: newlines are skipped, bits past the end are ignored.
pub fn base64_decode(text: &[u8]) -> Result<Vec<u8>, String> {
    decode(text, &Base { bits: 6, group: 4, name: "base64", digit: base64_digit })
}

/// `b32enc`.
pub fn b32enc(args: &Args) -> Value {
    let mut out = String::new();
    for chunk in args.str(0).chunks(5) {
        let mut bits = 0_u64;
        for index in 0..5 {
            bits = bits << 8 | u64::from(chunk.get(index).copied().unwrap_or_default());
        }
        let digits = (chunk.len() * 8).div_ceil(5);
        for index in 0..8 {
            let digit = usize::try_from(bits >> (35 - 5 * index) & 31).unwrap_or(0);
            let digit = ALPHABET.get(digit).copied().unwrap_or(b'=');
            out.push(if index < digits { char::from(digit) } else { '=' });
        }
    }
    out.into()
}

/// `b32dec`.
pub fn b32dec(args: &Args) -> Value {
    let base = Base { bits: 5, group: 8, name: "base32", digit: base32_digit };
    decode(args.str(0), &base).map_or_else(Value::from, Value::from)
}

struct Base {
    bits: u32,
    group: usize,
    name: &'static str,
    digit: fn(u8) -> Option<u64>,
}

fn base64_digit(byte: u8) -> Option<u64> {
    Some(match byte {
        b'A'..=b'Z' => u64::from(byte - b'A'),
        b'a'..=b'z' => u64::from(byte - b'a') + 26,
        b'0'..=b'9' => u64::from(byte - b'0') + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

fn base32_digit(byte: u8) -> Option<u64> {
    match byte {
        b'A'..=b'Z' => Some(u64::from(byte - b'A')),
        b'2'..=b'7' => Some(u64::from(byte - b'2') + 26),
        _ => None,
    }
}

fn decode(text: &[u8], base: &Base) -> Result<Vec<u8>, String> {
    let corrupt = |at: usize| format!("illegal {} data at input byte {at}", base.name);
    let mut input =
        text.iter().copied().enumerate().filter(|(_, byte)| !matches!(byte, b'\r' | b'\n'));
    let mut out = Vec::new();
    loop {
        let (mut bits, mut digits) = (0_u64, 0_usize);
        while digits < base.group {
            let Some((at, byte)) = input.next() else {
                if digits == 0 {
                    return Ok(out);
                }
                return Err(corrupt(text.len() - if base.group == 4 { digits } else { 0 }));
            };
            if byte == b'=' {
                return padded(&mut out, bits, digits, base, &mut input, at)
                    .map(|()| out)
                    .map_err(|at| corrupt(at.unwrap_or(text.len())));
            }
            bits = bits << base.bits | (base.digit)(byte).ok_or_else(|| corrupt(at))?;
            digits += 1;
        }
        push(&mut out, bits, digits, base);
    }
}

/// The end of the input after its first `=`.
fn padded(
    out: &mut Vec<u8>,
    bits: u64,
    digits: usize,
    base: &Base,
    input: &mut impl Iterator<Item = (usize, u8)>,
    first: usize,
) -> Result<(), Option<usize>> {
    let fits = if base.group == 4 { digits >= 2 } else { matches!(digits, 2 | 4 | 5 | 7) };
    if !fits {
        return Err(Some(first));
    }
    for _ in digits + 1..base.group {
        match input.next() {
            Some((_, b'=')) => {}
            Some((at, _)) => return Err(Some(at)),
            None => return Err(None),
        }
    }
    if let Some((at, _)) = input.next() {
        return Err(Some(at));
    }
    push(out, bits, digits, base);
    Ok(())
}

/// Appends the whole bytes of a group of digits.
fn push(out: &mut Vec<u8>, bits: u64, digits: usize, base: &Base) {
    let count = u32::try_from(digits).unwrap_or(0) * base.bits;
    let whole = count / 8;
    let bits = bits >> (count - whole * 8);
    for index in (0..whole).rev() {
        out.push(super::super::num::byte_of(bits >> (index * 8)));
    }
}
