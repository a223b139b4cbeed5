//! Words as a shell reads them, for logs and dry runs.

use std::{borrow::Cow, ffi::OsStr, fmt::Write as _, os::unix::ffi::OsStrExt as _};

/// Writes a word so that a shell reads exactly it.
///
/// What is not UTF-8 comes as `$'\xff'`, which bash, zsh and busybox know.
pub fn quote(word: &OsStr) -> Cow<'_, str> {
    match word.to_str() {
        Some(text) if !text.is_empty() && text.bytes().all(is_plain) => text.into(),
        Some(text) => format!("'{}'", text.replace('\'', r"'\''")).into(),
        None => {
            let mut quoted = String::from("$'");
            for byte in word.as_bytes() {
                if is_plain(*byte) {
                    quoted.push(char::from(*byte));
                } else {
                    let _ = write!(quoted, "\\x{byte:02x}"); // a string takes all
                }
            }
            quoted.push('\'');
            quoted.into()
        }
    }
}

/// Writes a command line that can be pasted into a shell.
pub fn line<'a>(words: impl IntoIterator<Item = &'a OsStr>) -> String {
    words.into_iter().map(quote).collect::<Vec<_>>().join(" ")
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-./:=@%+,".contains(&byte)
}

#[cfg(test)]
mod tests {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt as _, process::Command};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_words_stay_as_they_are() {
        let words = ["gwcd", "--home=/home/gwc/.gwc", "tcp://0.0.0.0:26657", "1uatom,2uatom"];
        assert_eq!(line(words.map(OsStr::new)), words.join(" "));
    }

    #[test]
    fn others_are_quoted() {
        let words = ["", "a b", "it's", "$HOME", "*"].map(OsStr::new);
        assert_eq!(line(words), r"'' 'a b' 'it'\''s' '$HOME' '*'");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(50))]
        #[test]
        fn a_shell_reads_the_same_word(bytes in prop::collection::vec(1..=255_u8, 0..20)) {
            let word = OsString::from_vec(bytes);
            let script = format!("printf %s {}", quote(&word));
            let output = Command::new("bash").args(["-c", &script]).output().unwrap();
            prop_assert_eq!(OsString::from_vec(output.stdout), word);
        }
    }
}
