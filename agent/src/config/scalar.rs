//! Scalars without quotes, as kubebot passes them on.

/// What YAML 1.1 makes of a scalar without quotes, written as Go's `mapstructure` writes it into
/// a string; `None` if it is a string already: `yes` is `1`, `010` is `8`, `1e3` is `1000`.
///
/// # Source
///
/// `resolve`, gopkg.in/yaml.v2 v2.3.0, resolve.go:86; `decodeString`, mapstructure v1.1.2, with
/// weak types.
pub fn resolve(text: &str) -> Option<String> {
    let word = match text {
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "y" | "Y" => "1",
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "n" | "N" => "0",
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => "+Inf",
        "-.inf" | "-.Inf" | "-.INF" => "-Inf",
        ".nan" | ".NaN" | ".NAN" => "NaN",
        _ => return number(text),
    };
    Some(word.to_owned())
}

fn number(text: &str) -> Option<String> {
    let is_digit = |c: char| c.is_ascii_digit();
    let digits = text.replace('_', "");
    if text.starts_with('.') {
        let parts: Vec<_> = text.split('_').collect();
        let mut pairs = parts.iter().zip(parts.iter().skip(1));
        let separate = pairs.all(|(a, b)| a.ends_with(is_digit) && b.starts_with(is_digit));
        return separate.then(|| float(&digits)).flatten();
    }
    // Here underscores may stand anywhere but at the front.
    if !text.starts_with(|c| is_digit(c) || matches!(c, '+' | '-')) {
        return None;
    }
    integer(&digits).or_else(|| float(&digits))
}

/// An integer in the bases that YAML 1.1 knows, if it fits into 64 bits; without a sign it may use
/// all of them.
fn integer(text: &str) -> Option<String> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (digits, radix) = match unsigned.as_bytes() {
        [b'0', b'x' | b'X', ..] => (unsigned.get(2..)?, 16),
        [b'0', b'b' | b'B', ..] => (unsigned.get(2..)?, 2),
        [b'0', b'o' | b'O', ..] => (unsigned.get(2..)?, 8),
        [b'0', _, ..] => (unsigned.get(1..)?, 8),
        _ => (unsigned, 10),
    };
    if !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    let value = if text.starts_with('-') { -i128::from(magnitude) } else { magnitude.into() };
    let fits = text.len() == unsigned.len() || i64::try_from(value).is_ok();
    fits.then(|| value.to_string())
}

fn float(text: &str) -> Option<String> {
    text.parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_passed_as_kubebot_passes_it() {
        let cases = [
            ("true", "1"),
            ("off", "0"),
            ("010", "8"),
            ("0x1f", "31"),
            ("-0b11", "-3"),
            ("1e3", "1000"),
            (".inf", "+Inf"),
            ("30", "30"),
            ("-5", "-5"),
            ("+5", "5"),
            ("-0", "0"),
            ("-0.0", "-0"),
            ("1.50", "1.5"),
            (".5", "0.5"),
            (".5_0", "0.5"),
            ("1_000", "1000"),
            ("089", "89"),
            ("18446744073709551615", "18446744073709551615"),
            ("18446744073709551616", "18446744073709552000"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("-9223372036854775809", "-9223372036854776000"),
        ];
        for (written, passed) in cases {
            assert_eq!(resolve(written).as_deref(), Some(passed), "{written}");
        }
    }

    #[test]
    fn a_text_stays_as_it_is() {
        for text in [
            "ws",
            "0uatom",
            "/ip4/1.2.3.4",
            "1.2.3",
            "tcp://x",
            "-",
            "yesterday",
            "_5",
            "._5",
            ".5_",
            "0x+5",
            "0+7",
            "1e400",
            "+inf",
            "-nan",
            "0x",
            "2001-12-14",
        ] {
            assert_eq!(resolve(text), None, "{text}");
        }
    }
}
