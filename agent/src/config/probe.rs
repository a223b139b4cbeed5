//! The `probe` section: how to tell whether the node is well.
//!
//! | key | kind | meaning | default |
//! |---|---|---|---|
//! | `kind` | all | `cometbft`, `substrate`, `tcp`, `http` or `command` | |
//! | `interval` | all | time between two looks; 1 s until the node is ready | `5s` |
//! | `timeout` | all | how long one may take | `3s` |
//! | `startPeriod` | all | how long after its start a node that fails still counts as alive | `1m` |
//! | `rpc` | `cometbft` | URL of the RPC | `http://127.0.0.1:26657` |
//! | `rpc` | `substrate` | URL of the WebSocket | `ws://127.0.0.1:9944` |
//! | `blockLimit` | both | the height must advance within it for the node to be ready; `0` for no limit | `5m` |
//! | `address` | `tcp` | host and port | |
//! | `url` | `http` | what to get | |
//! | `status` | `http` | the one status that is well | any of 200 to 399 |
//! | `command` | `command` | the program and its arguments; exit code 0 is well | |

use std::time::Duration;

use reqwest::Url;

use super::reader::{Field, Section};
use crate::pod::probe::{Kind, Probe, Timing};

const MOST: Duration = Duration::from_hours(24);
const LEAST: Duration = Duration::from_millis(10);

/// Reads the section.
pub fn read(field: &Field<'_>) -> Option<Probe> {
    let mut section = field.section()?;
    let default = Timing::default();
    let timing = Timing {
        interval: duration(&mut section, "interval", LEAST).unwrap_or(default.interval),
        timeout: duration(&mut section, "timeout", LEAST).unwrap_or(default.timeout),
        start_period: duration(&mut section, "startPeriod", Duration::ZERO)
            .unwrap_or(default.start_period),
    };
    let words = ["cometbft", "substrate", "tcp", "http", "command"].map(|word| (word, word));
    let kind = section.take("kind");
    if kind.is_none() {
        section.missing("kind", "must be set: `cometbft`, `substrate`, `tcp`, `http` or `command`");
    }
    let Some(word) = kind.and_then(|field| field.choice(&words)) else {
        return None; // the other keys depend on it
    };
    let kind = match word {
        "cometbft" => rpc(&mut section, Kind::COMETBFT_RPC, &["http", "https"])
            .map(|(rpc, block_limit)| Kind::CometBft { rpc: rpc.into(), block_limit }),
        "substrate" => rpc(&mut section, Kind::SUBSTRATE_RPC, &["ws"])
            .map(|(rpc, block_limit)| Kind::Substrate { rpc, block_limit }),
        "tcp" => needed(&mut section, "address", "the host and port to connect to")
            .and_then(|field| address(&field))
            .map(|address| Kind::Tcp { address }),
        "http" => {
            let status = section.take("status").and_then(|field| field.number(100, 599));
            needed(&mut section, "url", "what to get")
                .and_then(|field| url(&field, &["http", "https"]))
                .map(|url| Kind::Http { url, status })
        }
        _ => needed(&mut section, "command", "the program and its arguments")
            .and_then(|field| command(&field))
            .map(|words| Kind::Command { words }),
    };
    section.finish();
    Some(Probe { kind: kind?, timing })
}

fn needed<'a>(section: &mut Section<'a>, key: &'static str, what: &str) -> Option<Field<'a>> {
    let field = section.take(key);
    if field.is_none() {
        section.missing(key, &format!("must be set: {what}"));
    }
    field
}

fn duration(section: &mut Section<'_>, key: &'static str, least: Duration) -> Option<Duration> {
    section.take(key).and_then(|field| field.duration(least, MOST))
}

fn rpc(
    section: &mut Section<'_>,
    default: &str,
    schemes: &[&str],
) -> Option<(Url, Option<Duration>)> {
    let limit = duration(section, "blockLimit", Duration::ZERO);
    let limit = limit.unwrap_or(Kind::BLOCK_LIMIT);
    let rpc = match section.take("rpc") {
        Some(field) => url(&field, schemes),
        None => Url::parse(default).ok(),
    };
    Some((rpc?, (!limit.is_zero()).then_some(limit)))
}

/// A URL with a host and one of the schemes.
pub(super) fn url(field: &Field<'_>, schemes: &[&str]) -> Option<Url> {
    let text = field.text()?;
    match Url::parse(&text) {
        Ok(url) if schemes.contains(&url.scheme()) && url.has_host() => Some(url),
        _ => {
            let schemes: Vec<_> = schemes.iter().map(|scheme| format!("`{scheme}://`")).collect();
            field.problem(format!("is `{text}`; it must be a URL with {}", schemes.join(" or ")));
            None
        }
    }
}

fn address(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    if !Kind::is_address(&text) {
        field.problem(format!("is `{text}`; it must be a host and a port, `127.0.0.1:26656`"));
        return None;
    }
    Some(text)
}

fn command(field: &Field<'_>) -> Option<Vec<String>> {
    let words: Vec<_> = field.list()?.iter().filter_map(Field::text).collect();
    if words.is_empty() {
        field.problem("must have at least one word: the program");
        return None;
    }
    Some(words)
}
