//! The `watchlog` section: what to look for in the node's output, and whom to tell.
//!
//! The section has kubebot's keys; those marked `*` are ours.
//!
//! | key | meaning | default |
//! |---|---|---|
//! | `enabled` | whether the output is watched | `false` |
//! | `keyword` | a line with this text says that the node is at work | |
//! | `keywords` * | more such texts | |
//! | `patterns` * | regular expressions for such lines | |
//! | `unhealthy` * | regular expressions for lines that say that the node is beyond help | |
//! | `lastThreshold` | how long ago the last such line may be, at least 1 s | |
//! | `healthcheckIDs` | the checks to ping; the one at position `.Index` is used | no pings |
//! | `url` * | base URL of the server that is pinged | `https://hc-ping.com` |
//! | `interval` * | time between two pings | `1m` |
//!
//! One of `keyword`, `keywords` and `patterns` must be set, and `lastThreshold`.

use std::time::Duration;

use reqwest::Url;

use super::{
    probe,
    reader::{Field, Section},
};
use crate::pod::relay::Patterns;

/// Where pings go by default.
const SERVER: &str = "https://hc-ping.com";

const MOST: Duration = Duration::from_hours(24 * 365);

/// What to look for in the node's output, and whom to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchLog {
    /// Texts of lines that say that the node is at work.
    pub keywords: Vec<String>,
    /// Regular expressions for such lines.
    pub patterns: Vec<String>,
    /// Regular expressions for lines that say that the node is beyond help.
    pub unhealthy: Vec<String>,
    /// How long ago the last such line may be.
    pub threshold: Duration,
    /// The checks to ping, one for each position of a pod.
    pub ids: Vec<String>,
    /// The server that is pinged.
    pub url: Url,
    /// Time between two pings.
    pub interval: Duration,
}

impl WatchLog {
    /// Reads the section; none if it is not enabled.
    pub fn read(field: &Field<'_>) -> Option<Self> {
        let mut section = field.section()?.in_any_case();
        let enabled = section.take("enabled").and_then(|field| field.boolean());
        let keyword = section.take("keyword").and_then(|field| keyword_of(&field));
        let more = section.take("keywords").map(|field| list(&field, keyword_of));
        let patterns = section.take("patterns").map(|field| list(&field, pattern_of));
        let unhealthy = section.take("unhealthy").map(|field| list(&field, pattern_of));
        let threshold = section
            .take("lastThreshold")
            .and_then(|field| field.duration(Duration::from_secs(1), MOST));
        let ids = section.take("healthcheckIDs").map(|field| list(&field, id_of));
        let url = section.take("url").and_then(|field| probe::url(&field, &["https", "http"]));
        let interval = section
            .take("interval")
            .and_then(|field| field.duration(Duration::from_millis(100), MOST));
        let enabled = enabled == Some(true);
        let keywords: Vec<_> = keyword.into_iter().chain(more.unwrap_or_default()).collect();
        let patterns = patterns.unwrap_or_default();
        if enabled {
            required(&section, keywords.is_empty() && patterns.is_empty(), threshold);
        }
        section.finish();
        let watch = Self {
            keywords,
            patterns,
            unhealthy: unhealthy.unwrap_or_default(),
            threshold: threshold.unwrap_or_default(),
            ids: ids.unwrap_or_default(),
            url: url.or_else(|| Url::parse(SERVER).ok())?,
            interval: interval.unwrap_or(Duration::from_mins(1)),
        };
        enabled.then_some(watch)
    }

    /// What to look for, ready to be looked for.
    pub fn compiled(&self) -> Patterns {
        Patterns::new(&self.keywords, &self.patterns, &self.unhealthy)
    }
}

fn required(section: &Section<'_>, nothing: bool, threshold: Option<Duration>) {
    if nothing {
        section.missing("keyword", "must be set when `watchlog` is enabled");
    }
    if threshold.is_none() {
        section.missing("lastThreshold", "must be set when `watchlog` is enabled, such as `60m`");
    }
}

fn list(field: &Field<'_>, read: impl Fn(&Field<'_>) -> Option<String>) -> Vec<String> {
    field.list().unwrap_or_default().iter().filter_map(read).collect()
}

fn keyword_of(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    if text.contains('\n') {
        field.problem("has a line break, so no line can have it");
        return None;
    }
    Some(text)
}

fn pattern_of(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    match Patterns::check(&text) {
        Ok(()) => Some(text),
        Err(error) => {
            field.problem(format!("is no regular expression: {error}"));
            None
        }
    }
}

fn id_of(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    if text.starts_with('.') || text.contains(['/', '?', '#', ' ']) {
        field.problem(format!("is `{text}`; it must be the id of a check, not a URL"));
        return None;
    }
    Some(text)
}
