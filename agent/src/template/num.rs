//! Go's numbers: literals and conversions.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "Go's conversions wrap, and this is the one place that does them"
)]

/// Why a number could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumError {
    /// It is not written as a number.
    Syntax,
    /// It does not fit the type.
    Range,
}

/// `int64(float)`, as amd64 does it: what does not fit is the smallest integer.
pub fn int_of_float(float: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if !(-LIMIT..LIMIT).contains(&float) {
        return i64::MIN;
    }
    float as i64
}

/// `uint64(float)` for a float that is in range, else `None`.
#[expect(clippy::float_cmp, reason = "only a float that is an integer is one")]
pub fn uint_of_float(float: f64) -> Option<u64> {
    let uint = float as u64;
    (float >= 0.0 && float_of_uint(uint) == float).then_some(uint)
}

/// `float64(int)`.
pub fn float_of_int(int: i64) -> f64 {
    int as f64
}

/// `float64(uint)`.
pub fn float_of_uint(uint: u64) -> f64 {
    uint as f64
}

/// `int64(uint)`, wrapping.
pub fn int_of_uint(uint: u64) -> i64 {
    uint as i64
}

/// `uint64(int)`, wrapping.
pub fn uint_of_int(int: i64) -> u64 {
    int as u64
}

/// `uint8(uint)`, wrapping.
pub fn byte_of(uint: u64) -> u8 {
    uint as u8
}

/// A length as `int`.
pub fn int_of_len(len: usize) -> i64 {
    len as i64
}

/// `strconv.ParseInt(text, base, 64)`; base 0 takes the base from the prefix.
///
/// # Errors
/// When it is no integer, or too large.
pub fn parse_int(text: &[u8], base: u32) -> Result<i64, NumError> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let magnitude = parse_uint(digits, base)?;
    match (negative, magnitude) {
        (true, 0x8000_0000_0000_0000) => Ok(i64::MIN),
        (true, _) => i64::try_from(magnitude).map(|int| -int).map_err(|_| NumError::Range),
        (false, _) => i64::try_from(magnitude).map_err(|_| NumError::Range),
    }
}

/// `strconv.ParseUint(text, base, 64)`; base 0 takes the base from the prefix.
///
/// # Errors
/// When it is no integer, or too large.
pub fn parse_uint(text: &[u8], base: u32) -> Result<u64, NumError> {
    let (radix, digits) = if base == 0 { split_prefix(text) } else { (base, text) };
    if digits.is_empty() || (base == 0 && !underscores_fit(text)) {
        return Err(NumError::Syntax);
    }
    let mut value: Option<u64> = Some(0);
    for &byte in digits {
        if byte == b'_' && base == 0 {
            continue;
        }
        let digit = char::from(byte).to_digit(radix).ok_or(NumError::Syntax)?;
        value = value
            .and_then(|value| value.checked_mul(u64::from(radix)))
            .and_then(|value| value.checked_add(u64::from(digit)));
    }
    value.ok_or(NumError::Range)
}

fn split_prefix(text: &[u8]) -> (u32, &[u8]) {
    match text {
        [b'0', b'x' | b'X', rest @ ..] => (16, rest),
        [b'0', b'b' | b'B', rest @ ..] => (2, rest),
        [b'0', b'o' | b'O', rest @ ..] => (8, rest),
        [b'0', rest @ ..] if !rest.is_empty() => (8, rest),
        _ => (10, text),
    }
}

/// Tells whether each underscore stands between digits, or after the base prefix.
fn underscores_fit(text: &[u8]) -> bool {
    if !text.contains(&b'_') {
        return true;
    }
    let prefixed = matches!(text, [b'0', b'x' | b'X' | b'b' | b'B' | b'o' | b'O', ..]);
    let hex = matches!(text, [b'0', b'x' | b'X', ..]);
    let mut previous_digit = prefixed;
    let mut previous_underscore = false;
    for &byte in text.iter().skip(if prefixed { 2 } else { 0 }) {
        let digit = byte.is_ascii_digit() || (hex && byte.is_ascii_hexdigit());
        if byte == b'_' {
            if !previous_digit {
                return false;
            }
        } else if !digit && previous_underscore {
            return false;
        }
        previous_underscore = byte == b'_';
        previous_digit = digit;
    }
    !previous_underscore
}

/// `strconv.ParseFloat(text, 64)`; too large is an error.
///
/// # Errors
/// When it is no number, or too large.
pub fn parse_float(text: &[u8]) -> Result<f64, NumError> {
    let text = std::str::from_utf8(text).map_err(|_| NumError::Syntax)?;
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let lower = unsigned.to_ascii_lowercase();
    if matches!(lower.as_str(), "inf" | "infinity") || text.eq_ignore_ascii_case("nan") {
        return text.parse().map_err(|_| NumError::Syntax);
    }
    if !underscores_fit(unsigned.as_bytes()) {
        return Err(NumError::Syntax);
    }
    let plain = lower.replace('_', "");
    let float = if let Some(hex) = plain.strip_prefix("0x") {
        parse_hex_float(hex)?
    } else {
        let first = plain.bytes().next().unwrap_or_default();
        if !(first.is_ascii_digit() || first == b'.') {
            return Err(NumError::Syntax);
        }
        plain.parse::<f64>().map_err(|_| NumError::Syntax)?
    };
    if float.is_infinite() {
        return Err(NumError::Range);
    }
    Ok(if text.starts_with('-') { -float } else { float })
}

fn parse_hex_float(text: &str) -> Result<f64, NumError> {
    let (mantissa, exponent) = text.split_once('p').ok_or(NumError::Syntax)?;
    let exponent: i32 = exponent.parse().map_err(|_| NumError::Syntax)?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return Err(NumError::Syntax);
    }
    let mut value = 0.0_f64;
    for digit in whole.chars().chain(fraction.chars()) {
        value = value * 16.0 + f64::from(digit.to_digit(16).ok_or(NumError::Syntax)?);
    }
    let shift = i32::try_from(fraction.len()).map_err(|_| NumError::Syntax)?.saturating_mul(4);
    Ok(value * 2.0_f64.powi(exponent.saturating_sub(shift)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_names_the_base() {
        for (text, value) in
            [("0x1F", 31), ("010", 8), ("0o17", 15), ("0b101", 5), ("1_000", 1000), ("-0", 0)]
        {
            assert_eq!(parse_int(text.as_bytes(), 0), Ok(value), "{text}");
        }
        assert_eq!(parse_int(b"08", 0), Err(NumError::Syntax));
        assert_eq!(parse_int(b"1__0", 0), Err(NumError::Syntax));
        assert_eq!(parse_int(b"9223372036854775808", 0), Err(NumError::Range));
    }

    #[test]
    fn a_float_may_be_hexadecimal() {
        assert_eq!(parse_float(b"0x1p-2"), Ok(0.25));
        assert_eq!(parse_float(b"1e999"), Err(NumError::Range));
        assert_eq!(parse_float(b"1.5x"), Err(NumError::Syntax));
    }
}
