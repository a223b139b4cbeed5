//! Lines that come in while a test runs.

use std::{
    io::{BufRead as _, BufReader, Read},
    sync::{Arc, Condvar, Mutex},
};

use serde_json::Value;

use super::LIMIT;
use crate::wait;

/// Lines that come in while a test runs.
#[derive(Clone, Debug, Default)]
pub struct Lines(Arc<(Mutex<Seen>, Condvar)>);

#[derive(Debug, Default)]
struct Seen {
    lines: Vec<String>,
    next: usize,
    ended: bool,
}

impl Lines {
    /// Reads lines on a thread of its own.
    pub fn of<R: Read + Send + 'static>(source: Option<R>) -> Self {
        let lines = Self::default();
        let to = lines.clone();
        if let Some(source) = source {
            drop(wait::spawn(move || to.fill(source)));
        }
        lines
    }

    fn fill(&self, source: impl Read) {
        let (seen, news) = &*self.0;
        for line in BufReader::new(source).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned();
            seen.lock().expect("no reader panics").lines.push(line);
            news.notify_all();
        }
        seen.lock().expect("no reader panics").ended = true;
        news.notify_all();
    }

    /// Waits for the next line that contains `text`, and returns it. Lines before it are passed.
    ///
    /// # Panics
    ///
    /// If it does not come in time.
    pub fn expect(&self, text: &str) -> String {
        let (seen, news) = &*self.0;
        let found = |seen: &mut Seen| {
            let rest = seen.lines.get(seen.next..).unwrap_or_default();
            let place = rest.iter().position(|line| line.contains(text))?;
            let line = rest.get(place).cloned();
            seen.next += place + 1;
            line
        };
        let guard = seen.lock().expect("no reader panics");
        let mut line = None;
        let (guard, _) = news
            .wait_timeout_while(guard, LIMIT, |seen| {
                line = found(seen);
                line.is_none() && !seen.ended
            })
            .expect("no reader panics");
        let all = guard.lines.join("\n");
        drop(guard);
        assert!(line.is_some(), "no line with `{text}` in:\n{all}");
        line.unwrap_or_default()
    }

    /// Tells whether a line that contains `text` has come so far.
    ///
    /// # Panics
    ///
    /// If a reader has.
    pub fn has(&self, text: &str) -> bool {
        let (seen, _) = &*self.0;
        let seen = seen.lock().expect("no reader panics");
        seen.lines.iter().any(|line| line.contains(text))
    }

    /// Waits for the next log line with this message.
    ///
    /// # Panics
    ///
    /// If it does not come in time, or is no JSON.
    pub fn expect_log(&self, message: &str) -> Value {
        let line = self.expect(&format!("\"message\":\"{message}\""));
        serde_json::from_str(&line).expect("a log line is JSON")
    }

    /// Waits until nobody can write any more.
    ///
    /// # Panics
    ///
    /// If somebody still can after the limit.
    pub fn expect_end(&self) -> String {
        let (seen, news) = &*self.0;
        let guard = seen.lock().expect("no reader panics");
        let (guard, _) =
            news.wait_timeout_while(guard, LIMIT, |seen| !seen.ended).expect("no reader panics");
        assert!(guard.ended, "it is still open");
        guard.lines.join("\n")
    }

    /// How many lines contain `text` so far.
    ///
    /// # Panics
    ///
    /// Never.
    pub fn count(&self, text: &str) -> usize {
        let seen = self.0.0.lock().expect("no reader panics");
        seen.lines.iter().filter(|line| line.contains(text)).count()
    }

    /// All lines so far.
    ///
    /// # Panics
    ///
    /// Never.
    pub fn text(&self) -> String {
        self.0.0.lock().expect("no reader panics").lines.join("\n")
    }
}
