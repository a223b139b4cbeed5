//! Number constants.

use super::super::ast::Number;
use super::super::lex::Kind;
use super::super::num::{self, NumError, float_of_int, float_of_uint, int_of_float, uint_of_float};
use super::super::quote::{Piece, go_quote, unquote_char};

/// Reads a constant in all the types that can hold it.
pub fn parse(text: &str, kind: Kind) -> Result<Number, String> {
    if kind == Kind::CharConstant {
        return character(text);
    }
    if kind == Kind::Complex || text.ends_with('i') {
        return Err(format!("complex constants are not supported: {}", go_quote(text)));
    }
    let bytes = text.as_bytes();
    let int = num::parse_int(bytes, 0).ok();
    let uint = num::parse_uint(bytes, 0).ok().or(int.filter(|&int| int == 0).map(|_| 0));
    let mut number = Number { text: text.to_owned(), int, uint, float: None };
    if let Some(int) = int {
        number.float = Some(float_of_int(int));
    } else if let Some(uint) = uint {
        number.float = Some(float_of_uint(uint));
    } else {
        let float = num::parse_float(bytes).map_err(|error| match error {
            NumError::Syntax | NumError::Range => {
                format!("illegal number syntax: {}", go_quote(text))
            }
        })?;
        if !text.contains(['.', 'e', 'E', 'p', 'P']) {
            return Err(format!("integer overflow: {}", go_quote(text)));
        }
        number.float = Some(float);
        let int = int_of_float(float);
        #[expect(clippy::float_cmp, reason = "only a float that is an integer is one")]
        let exact = float_of_int(int) == float;
        number.int = exact.then_some(int);
        number.uint = uint_of_float(float);
    }
    Ok(number)
}

fn character(text: &str) -> Result<Number, String> {
    let body = text.strip_prefix('\'').unwrap_or(text);
    let (piece, tail) = unquote_char(body, '\'').ok_or("invalid syntax")?;
    if tail != "'" {
        return Err(format!("malformed character constant: {text}"));
    }
    let code = match piece {
        Piece::Rune(rune) => u32::from(rune),
        Piece::Byte(byte) => u32::from(byte),
    };
    Ok(Number {
        text: text.to_owned(),
        int: Some(i64::from(code)),
        uint: Some(u64::from(code)),
        float: Some(f64::from(code)),
    })
}
