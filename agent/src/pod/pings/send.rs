//! Sends reports, one after the other.

use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use reqwest::{Client, Url};
use tokio::{sync::mpsc, task::JoinHandle, time};

use super::Check;
use crate::{
    client, error,
    pod::backoff::{Backoff, Rolls},
};

/// Reports that may wait.
const WAITING: usize = 16;

/// How long one attempt may take.
const ATTEMPT_WITHIN: Duration = Duration::from_secs(10);

/// How long the last reports may hold up our end.
const LAST_WITHIN: Duration = Duration::from_secs(2);

/// A report is tried again twice.
const AGAIN: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(5))
    .attempts(NonZeroU32::new(3).expect("three is not zero"));

/// One report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ping {
    url: Url,
    body: Vec<u8>,
}

impl Ping {
    pub(super) fn start(check: &Check) -> Self {
        Self { url: url(check, Some("start")), body: Vec::new() }
    }

    pub(super) fn end(check: &Check, code: u8) -> Self {
        Self { url: url(check, Some(&code.to_string())), body: Vec::new() }
    }

    /// How long ago the last line with a keyword was; a failure when that is too long.
    pub(super) fn seen(check: &Check, ago: Duration, line: &[u8]) -> Self {
        let late = ago > check.threshold;
        let seconds = Duration::from_millis(u64::try_from(ago.as_millis()).unwrap_or(u64::MAX));
        let mut body = format!("keyword last seen {}s ago\n\n", seconds.as_secs_f64()).into_bytes();
        body.extend_from_slice(line);
        Self { url: url(check, late.then_some("fail")), body }
    }
}

fn url(check: &Check, word: Option<&str>) -> Url {
    let mut url = check.server.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(check.id.split('/')).extend(word);
    }
    url
}

/// How many reports there were.
#[derive(Debug, Default)]
pub struct Counts {
    sent: AtomicU64,
    failed: AtomicU64,
}

impl Counts {
    /// Reports that arrived.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Reports that were given up.
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }
}

/// Sends reports, one after the other.
#[derive(Debug)]
pub struct Sender {
    queue: mpsc::Sender<Ping>,
    task: JoinHandle<()>,
    counts: Arc<Counts>,
}

impl Sender {
    /// Starts it.
    ///
    /// # Panics
    ///
    /// Outside a runtime.
    pub fn start(counts: Arc<Counts>) -> Self {
        let (queue, waiting) = mpsc::channel(WAITING);
        let task = tokio::spawn(send_all(waiting, Arc::clone(&counts)));
        Self { queue, task, counts }
    }

    pub(super) fn send(&self, ping: Ping) {
        if self.queue.try_send(ping).is_err() {
            self.counts.failed.fetch_add(1, Ordering::Relaxed);
            tracing::warn!("too many reports wait for the health check's server, one is dropped");
        }
    }

    /// Waits, but not long, until all reports are sent.
    pub async fn finish(self) {
        drop(self.queue);
        if time::timeout(LAST_WITHIN, self.task).await.is_err() {
            tracing::warn!("the last reports did not reach the health check's server");
        }
    }
}

async fn send_all(mut waiting: mpsc::Receiver<Ping>, counts: Arc<Counts>) {
    let mut client: Option<(String, Client)> = None;
    let mut rolls = Rolls::random();
    while let Some(ping) = waiting.recv().await {
        let scheme = ping.url.scheme().to_owned();
        let open = match client.take().filter(|(other, _)| *other == scheme) {
            Some((_, open)) => Ok(open),
            None => client::for_url(&ping.url),
        };
        let sent = match &open {
            Ok(open) => send(open, &ping, &waiting, &mut rolls).await,
            Err(error) => Err(error::chain(error)),
        };
        client = open.ok().map(|open| (scheme, open));
        match sent {
            Ok(()) => {
                counts.sent.fetch_add(1, Ordering::Relaxed);
            }
            Err(why) => {
                counts.failed.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(why, "a report did not reach the health check's server");
            }
        }
    }
}

/// Sends one report; not again when newer ones wait.
async fn send(
    client: &Client,
    ping: &Ping,
    newer: &mpsc::Receiver<Ping>,
    rolls: &mut Rolls,
) -> Result<(), String> {
    let mut waits = AGAIN.waits(|| rolls.roll());
    loop {
        let request = client.post(ping.url.clone()).body(ping.body.clone());
        let why = match request.timeout(ATTEMPT_WITHIN).send().await {
            Ok(response) if response.status().is_success() => return Ok(()),
            Ok(response) => format!("{} answers with {}", server(&ping.url), response.status()),
            // The id of a check is a secret.
            Err(error) => format!("{}: {}", server(&ping.url), error::chain(&error.without_url())),
        };
        match waits.next() {
            Some(wait) if newer.is_empty() => time::sleep(wait).await,
            _ => return Err(why),
        }
    }
}

fn server(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(server: &str) -> Check {
        Check {
            server: Url::parse(server).unwrap(),
            id: "abc".to_owned(),
            threshold: Duration::from_mins(1),
            interval: Duration::from_mins(1),
        }
    }

    #[test]
    fn the_urls_are_those_of_the_server() {
        let check = check("http://a.example/ping/");
        assert_eq!(Ping::start(&check).url.as_str(), "http://a.example/ping/abc/start");
        assert_eq!(Ping::end(&check, 137).url.as_str(), "http://a.example/ping/abc/137");
        let seen = Ping::seen(&check, Duration::from_millis(1500), b"line");
        assert_eq!(seen.url.as_str(), "http://a.example/ping/abc");
        assert_eq!(seen.body, b"keyword last seen 1.5s ago\n\nline");
        let late = Ping::seen(&check, Duration::from_secs(61), b"line");
        assert_eq!(late.url.as_str(), "http://a.example/ping/abc/fail");
        let named = Check { id: "key/name".to_owned(), ..check };
        assert_eq!(Ping::start(&named).url.as_str(), "http://a.example/ping/key/name/start");
    }
}
