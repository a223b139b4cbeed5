//! Notices that a file has another content, and waits until it has settled.

use std::{io, path::Path, time::Duration};

use tokio::time::{self, Instant};

use super::trail::Trail;
use crate::files;

/// How long a file must have been left alone. An editor's rename, and the kubelet's, are one
/// event; who truncates and writes needs some milliseconds.
pub const SETTLE: Duration = Duration::from_millis(50);

/// How long the end of somebody's writing is waited for. A file on a network has no such event.
const WRITTEN_WITHIN: Duration = Duration::from_secs(2);

/// A file whose content is watched.
#[derive(Debug)]
pub struct Watched {
    trail: Trail,
    content: Option<Vec<u8>>,
    /// When to look, if there is something to look for, and since when.
    look: Option<(Instant, Instant)>,
}

impl Watched {
    /// Watches a file that has this content, as far as is known; what it has is looked at first.
    ///
    /// # Errors
    ///
    /// Those of `inotify`: no instance or watch is left, a folder cannot be read.
    ///
    /// # Panics
    ///
    /// Outside a runtime.
    pub fn new(path: &Path, content: Option<Vec<u8>>) -> io::Result<Self> {
        let now = Instant::now();
        Ok(Self { trail: Trail::new(path)?, content, look: Some((now, now)) })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.trail.path()
    }

    /// Waits for another content, and returns it. That there is no file is no content. Cancel-safe.
    ///
    /// # Errors
    ///
    /// Those of `inotify`, and of reading the file; there is no use in waiting again.
    pub async fn changed(&mut self) -> io::Result<Vec<u8>> {
        loop {
            let at = self.look.map(|(at, _)| at);
            tokio::select! {
                // Cancel-safe: `changed` per its docs, and the timer is made anew from `look`.
                result = self.trail.changed() => {
                    result?;
                    let now = Instant::now();
                    let since = self.look.map_or(now, |(_, since)| since);
                    self.look = Some((now + SETTLE, since));
                }
                () = until(at) => {
                    if let Some(content) = self.read()? {
                        return Ok(content);
                    }
                }
            }
        }
    }

    /// Looks at the file; none if it says what it said before.
    fn read(&mut self) -> io::Result<Option<Vec<u8>>> {
        let now = Instant::now();
        if let Some((_, since)) = self.look.take()
            && self.trail.is_open()
            && now.duration_since(since) < WRITTEN_WITHIN
        {
            self.look = Some((now + SETTLE, since));
            return Ok(None);
        }
        self.trail.follow()?;
        // A file that cannot be read just now, or is not there, tells by another event.
        let Ok(Some(content)) = files::read(self.trail.path()) else { return Ok(None) };
        if self.content.as_ref() == Some(&content) {
            return Ok(None);
        }
        self.content = Some(content.clone());
        Ok(Some(content))
    }
}

async fn until(at: Option<Instant>) {
    match at {
        None => std::future::pending().await,
        Some(at) => time::sleep_until(at).await,
    }
}

#[cfg(test)]
mod tests;
