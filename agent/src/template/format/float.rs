//! Floats, as Go's `strconv.FormatFloat` writes them.

use super::super::value::Value;
use super::Printer;

/// More digits than this are all zero in any float64.
const MAX_DIGITS: usize = 1100;

/// Writes a float with the verb `b`, `e`, `E`, `f`, `g`, `G`, `x` or `X`; without a precision,
/// as few digits as tell it from its neighbours.
pub fn format_float(float: f64, verb: char, precision: Option<usize>) -> String {
    if float.is_nan() {
        return "NaN".to_owned();
    }
    if float.is_infinite() {
        return if float > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let sign = if float.is_sign_negative() { "-" } else { "" };
    let text = match verb {
        'e' | 'E' => exponent_form(float.abs(), verb, precision),
        'f' => fixed_form(float.abs(), precision),
        'g' | 'G' => general_form(float.abs(), verb, precision),
        'b' => binary_form(float.abs()),
        _ => hex_form(float.abs(), verb, precision),
    };
    format!("{sign}{text}")
}

fn zeros(count: usize) -> String {
    "0".repeat(count)
}

/// The significant digits without trailing zeros, and the place of the decimal point.
fn digits(float: f64, count: Option<usize>) -> (String, i32) {
    if float == 0.0 {
        return (String::new(), 0);
    }
    let text = match count {
        Some(count) => format!("{float:.*e}", count.clamp(1, MAX_DIGITS) - 1),
        None => format!("{float:e}"),
    };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits = mantissa.replace('.', "").trim_end_matches('0').to_owned();
    (digits, exponent.parse::<i32>().unwrap_or(0) + 1)
}

fn exponent_form(float: f64, verb: char, precision: Option<usize>) -> String {
    let (digits, point) = digits(float, precision.map(|precision| precision + 1));
    let decimals = precision.unwrap_or(digits.len().saturating_sub(1));
    exponent_text(&digits, point, decimals, verb)
}

fn exponent_text(digits: &str, point: i32, decimals: usize, verb: char) -> String {
    let first = digits.get(..1).unwrap_or("0");
    let rest = digits.get(1..).unwrap_or("");
    let rest = rest.get(..decimals.min(rest.len())).unwrap_or("");
    let dot = if decimals > 0 { "." } else { "" };
    let padding = zeros(decimals - rest.len());
    let exponent = if digits.is_empty() { 0 } else { point - 1 };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{first}{dot}{rest}{padding}{verb}{sign}{:02}", exponent.unsigned_abs())
}

fn fixed_form(float: f64, precision: Option<usize>) -> String {
    match precision {
        Some(precision) => {
            let known = precision.min(MAX_DIGITS);
            format!("{float:.known$}{}", zeros(precision - known))
        }
        None => format!("{float}"),
    }
}

fn general_form(float: f64, verb: char, precision: Option<usize>) -> String {
    let precision = precision.map(|precision| precision.max(1));
    let (digits, point) = digits(float, precision);
    let length = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let wanted = precision.map_or(length, |precision| i32::try_from(precision).unwrap_or(i32::MAX));
    let limit = match precision {
        None => 6,
        Some(_) if wanted > length && length >= point => length,
        Some(_) => wanted,
    };
    let exponent = point - 1;
    if exponent < -4 || exponent >= limit {
        let decimals = usize::try_from(wanted.min(length) - 1).unwrap_or(0);
        let letter = if verb == 'G' { 'E' } else { 'e' };
        return exponent_text(&digits, point, decimals, letter);
    }
    let wanted = if wanted > point { length } else { wanted };
    let decimals = usize::try_from(wanted - point).unwrap_or(0);
    fixed_text(&digits, point, decimals)
}

fn fixed_text(digits: &str, point: i32, decimals: usize) -> String {
    let digit = |place: i32| {
        usize::try_from(place).ok().and_then(|place| digits.as_bytes().get(place)).copied()
    };
    let mut text = String::new();
    if point <= 0 {
        text.push('0');
    }
    for place in 0..point {
        text.push(char::from(digit(place).unwrap_or(b'0')));
    }
    if decimals > 0 {
        text.push('.');
    }
    for place in (point..).take(decimals) {
        text.push(char::from(digit(place).unwrap_or(b'0')));
    }
    text
}

/// The mantissa and the exponent of the lowest bit of the integer part, as Go has them.
fn parts(float: f64) -> (u64, i32) {
    let bits = float.to_bits();
    let exponent = i32::try_from((bits >> 52) & 0x7ff).unwrap_or(0);
    let mantissa = bits & ((1 << 52) - 1);
    if exponent == 0 { (mantissa, -1022) } else { (mantissa | 1 << 52, exponent - 1023) }
}

fn binary_form(float: f64) -> String {
    let (mantissa, exponent) = parts(float);
    format!("{mantissa}p{:+}", exponent - 52)
}

fn hex_form(float: f64, verb: char, precision: Option<usize>) -> String {
    let (mut mantissa, mut exponent) = parts(float);
    if mantissa == 0 {
        exponent = 0;
    }
    mantissa <<= 8;
    while mantissa != 0 && mantissa & (1 << 60) == 0 {
        mantissa <<= 1;
        exponent -= 1;
    }
    if let Some(precision) = precision.filter(|&precision| precision < 15) {
        let shift = u32::try_from(precision * 4).unwrap_or(0);
        let extra = (mantissa << shift) & ((1 << 60) - 1);
        mantissa >>= 60 - shift;
        if extra | (mantissa & 1) > 1 << 59 {
            mantissa += 1;
        }
        mantissa <<= 60 - shift;
        if mantissa & (1 << 61) != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let first = (mantissa >> 60) & 1;
    let fraction = format!("{:015x}", mantissa & ((1 << 60) - 1));
    let fraction = match precision {
        None => fraction.trim_end_matches('0').to_owned(),
        Some(precision) => {
            let known = fraction.get(..precision.min(15)).unwrap_or("");
            format!("{known}{}", zeros(precision - known.len()))
        }
    };
    let dot = if fraction.is_empty() { "" } else { "." };
    let sign = if exponent < 0 { '-' } else { '+' };
    let text = format!("0x{first}{dot}{fraction}p{sign}{:02}", exponent.unsigned_abs());
    if verb == 'X' { text.to_uppercase() } else { text }
}

impl Printer {
    pub(super) fn float(&mut self, float: f64, verb: char, value: &Value) {
        let (letter, default) = match verb {
            'v' => ('g', None),
            'b' | 'g' | 'G' | 'x' | 'X' => (verb, None),
            'f' | 'e' | 'E' => (verb, Some(6)),
            'F' => ('f', Some(6)),
            _ => return self.bad_verb(verb, value),
        };
        let precision = self.flags.precision.or(default);
        let text = format_float(float, letter, precision);
        let (sign, number) = match text.strip_prefix(['+', '-']) {
            Some(number) if text.starts_with('-') => ('-', number.to_owned()),
            Some(number) => ('+', number.to_owned()),
            None => ('+', text),
        };
        let sign = if self.flags.space && sign == '+' && !self.flags.plus { ' ' } else { sign };
        let shown_sign =
            if self.flags.plus || sign != '+' { String::from(sign) } else { String::new() };
        if !float.is_finite() {
            let sign = if float.is_infinite() && !self.flags.space {
                String::from(sign)
            } else {
                shown_sign
            };
            let zero = std::mem::take(&mut self.flags.zero);
            let sign = if float.is_infinite() && sign == "+" && !self.flags.plus {
                "+".to_owned()
            } else {
                sign
            };
            self.pad(format!("{sign}{number}").as_bytes());
            self.flags.zero = zero;
            return;
        }
        let number = if self.flags.sharp && verb != 'b' {
            with_point(&number, verb, precision)
        } else {
            number
        };
        let length = number.len() + 1;
        let width = self.flags.width.unwrap_or(0);
        if !shown_sign.is_empty() && self.flags.zero && !self.flags.minus && width > length {
            self.write(shown_sign.as_bytes());
            self.padding(width - length);
            self.write(number.as_bytes());
        } else {
            self.pad(format!("{shown_sign}{number}").as_bytes());
        }
    }
}

/// The `#` flag: always a decimal point, and trailing zeros of `%g` stay.
fn with_point(number: &str, verb: char, precision: Option<usize>) -> String {
    let mut wanted = match verb {
        'v' | 'g' | 'G' | 'x' => precision.unwrap_or(6),
        _ => 0,
    };
    let hex = matches!(verb, 'x' | 'X');
    let split =
        number.find(|rune| matches!(rune, 'p' | 'P') || (!hex && matches!(rune, 'e' | 'E')));
    let (body, tail) = number.split_at(split.unwrap_or(number.len()));
    let significant =
        body.chars().filter(|&rune| rune != '.').skip_while(|&rune| rune == '0').count();
    wanted = wanted.saturating_sub(significant);
    let mut text = body.to_owned();
    if !body.contains('.') {
        if body == "0" {
            wanted = wanted.saturating_sub(1);
        }
        text.push('.');
    }
    text.push_str(&zeros(wanted));
    text.push_str(tail);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_form_changes_to_an_exponent_where_go_does() {
        for (float, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (100_000.0, "100000"),
            (1_000_000.0, "1e+06"),
            (123_456_789.0, "1.23456789e+08"),
            (0.0001, "0.0001"),
            (0.000_01, "1e-05"),
            (1.5, "1.5"),
        ] {
            assert_eq!(format_float(float, 'g', None), text);
        }
        assert_eq!(format_float(1.0, 'x', None), "0x1p+00");
        assert_eq!(format_float(100.0, 'g', Some(3)), "100");
        assert_eq!(format_float(2.5, 'f', Some(0)), "2");
    }
}
