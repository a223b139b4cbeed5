//! The termination message: what `kubectl describe pod` shows of our end.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

/// What the kubelet reads of a message, in bytes.
const MOST: usize = 4096;

/// Writes our last error and the node's last lines, if there are any.
///
/// The kubelet has made the file. Where there is none nobody reads it, and none is made.
pub fn write(path: &Path, error: &str, output: &str) {
    let text = match (error.trim_end(), output.trim_end()) {
        ("", "") => return,
        (error, "") => format!("{error}\n"),
        ("", output) => format!("{output}\n"),
        (error, output) => format!("{error}\n{output}\n"),
    };
    let written = fs::OpenOptions::new()
        .write(true)
        .truncate(true)
        .open(path)
        .and_then(|mut file| file.write_all(end_of(&text).as_bytes()));
    match written {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::debug!(path = %path.display(), %error, "the termination message cannot be written");
        }
        _ => {}
    }
}

/// The last part of a text that the kubelet reads in full.
fn end_of(text: &str) -> &str {
    let start = text.len().saturating_sub(MOST);
    let start = (start..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    text.get(start..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_written_where_the_kubelet_waits_for_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        write(file.path(), "", "");
        assert_eq!(fs::read_to_string(file.path()).unwrap(), "");
        write(file.path(), "wrong\n", "last\nlines\n");
        assert_eq!(fs::read_to_string(file.path()).unwrap(), "wrong\nlast\nlines\n");
        write(file.path(), "", "later");
        assert_eq!(fs::read_to_string(file.path()).unwrap(), "later\n");
        let absent = file.path().with_extension("absent");
        write(&absent, "wrong", "");
        assert!(!absent.exists());
    }

    #[test]
    fn of_a_long_message_the_end_is_kept() {
        let text = format!("{}end", "ä".repeat(MOST));
        assert!(end_of(&text).len() <= MOST && end_of(&text).ends_with("äend"));
    }
}
