//! The `watchlog` section: what to look for in the node's output, and whom to tell.
//!
//! The section has kubebot's keys; those marked `*` are ours.
//!
//! | key | meaning | default |
//! |---|---|---|
//! | `enabled` | whether the output is watched; the rest is not read if not | `false` |
//! | `keyword` | a line with this text says that the node is at work | |
//! | `keywords` * | more such texts | |
//! | `patterns` * | regular expressions for such lines | |
//! | `unhealthy` * | regular expressions for lines that say that the node is beyond help | |
//! | `lastThreshold` | how long ago the last such line may be, at least 1 s | |
//! | `healthcheckIDs` | the checks to ping, as `<uuid>` or `<key>/<name>`; the one at position `.Index` is used | no pings |
//! | `url` * | base URL of the server that is pinged | `https://hc-ping.com` |
//! | `interval` * | time between two pings | `1m` |
//!
//! One of `keyword`, `keywords` and `patterns` must be set, and `lastThreshold`.

use std::time::Duration;

use reqwest::Url;

use super::{
    probe,
    reader::{Field, Section},
    yaml::Kind,
};
use crate::pod::relay::Patterns;

/// Where pings go by default.
const SERVER: &str = "https://hc-ping.com";

/// The longest duration that Go has, which means never.
const MOST: Duration = Duration::from_hours(2_562_047);

/// The longest time between two pings.
const LONGEST_INTERVAL: Duration = Duration::from_hours(24 * 365);

/// What means nothing in a section that is not enabled.
const SETTINGS: [&str; 8] = [
    "keyword",
    "keywords",
    "patterns",
    "unhealthy",
    "lastThreshold",
    "healthcheckIDs",
    "url",
    "interval",
];

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
        let enabled = section.take_filled("enabled").and_then(|field| field.boolean());
        if enabled != Some(true) {
            for key in SETTINGS {
                section.take_nullable(key);
            }
            section.finish();
            return None;
        }
        let keyword = section.take("keyword").and_then(|field| keyword_of(&field));
        let more = section.take("keywords").map(|field| list(&field, keyword_of));
        let patterns = section.take("patterns").map(|field| list(&field, pattern_of));
        let unhealthy = section.take("unhealthy").map(|field| list(&field, pattern_of));
        let threshold = section
            .take("lastThreshold")
            .and_then(|field| field.duration(Duration::from_secs(1), MOST));
        let ids = section.take("healthcheckIDs").map(|field| ids_of(&field));
        let url = section.take("url").and_then(|field| probe::url(&field, &["https", "http"]));
        let interval = section
            .take("interval")
            .and_then(|field| field.duration(Duration::from_millis(100), LONGEST_INTERVAL));
        let keywords: Vec<_> = keyword.into_iter().chain(more.unwrap_or_default()).collect();
        let patterns = patterns.unwrap_or_default();
        required(&section, keywords.is_empty() && patterns.is_empty(), threshold);
        section.finish();
        Some(Self {
            keywords,
            patterns,
            unhealthy: unhealthy.unwrap_or_default(),
            threshold: threshold.unwrap_or_default(),
            ids: ids.unwrap_or_default(),
            url: url.or_else(|| Url::parse(SERVER).ok())?,
            interval: interval.unwrap_or(Duration::from_mins(1)),
        })
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

/// Reads a list, or one text, which is a list with commas.
fn ids_of(field: &Field<'_>) -> Vec<String> {
    match &field.node().kind {
        Kind::Scalar { .. } => {
            let ids = field.text();
            let ids = ids.iter().flat_map(|ids| ids.split(','));
            ids.filter_map(|id| checked(field, id)).collect()
        }
        _ => list(field, |field| checked(field, &field.text()?)),
    }
}

/// An id, or a key and the name of a check with `/` between.
fn checked(field: &Field<'_>, id: &str) -> Option<String> {
    let is_word = |word: &str| !matches!(word, "" | "." | "..") && !word.contains(['?', '#', ' ']);
    if !id.split('/').all(is_word) {
        field.problem(format!("is `{id}`; it must be the id of a check, not a URL"));
        return None;
    }
    Some(id.to_owned())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Config, env::Env};

    fn read(section: &str) -> Result<Option<WatchLog>, String> {
        let yaml = format!("nodeTemplate: {{command: [sh]}}\nwatchlog: {{{section}}}\n");
        let config = Config::parse(Path::new("a.yaml"), yaml.as_bytes(), &Env::default());
        config.map(|config| config.watchlog).map_err(|error| error.to_string())
    }

    fn enabled(rest: &str) -> Result<WatchLog, String> {
        read(&format!("enabled: true, keyword: x, {rest}")).map(Option::unwrap)
    }

    #[test]
    fn a_section_that_is_not_enabled_is_not_read() {
        for off in ["enabled: false, ", "enabled: '', ", "enabled: ~, ", ""] {
            let empty = "keyword: '', lastThreshold: 0s, healthcheckIDs: [''], url: x";
            assert_eq!(read(&format!("{off}{empty}")), Ok(None), "{off}");
        }
        assert!(read("enabled: false, keywrd: x").unwrap_err().contains("did you mean `keyword`?"));
    }

    #[test]
    fn ids_are_read_as_kubebot_reads_them() {
        let ids = |ids: &str| {
            enabled(&format!("lastThreshold: 1h, healthcheckIDs: {ids}")).map(|it| it.ids)
        };
        assert_eq!(ids("['...', b]").unwrap(), ["...", "b"], "those of kubebot's example");
        assert_eq!(ids("[key/name]").unwrap(), ["key/name"]);
        assert_eq!(ids("'a,b'").unwrap(), ["a", "b"]);
        assert_eq!(ids("a").unwrap(), ["a"]);
        for wrong in ["['https://example.org/a']", "[a?b]", "['']", "[../a]", "'a,'", "['a b']"] {
            let error = ids(wrong).unwrap_err();
            assert!(error.contains("watchlog.healthcheckIDs"), "{wrong}: {error}");
        }
    }

    #[test]
    fn the_threshold_may_be_as_long_as_go_can_say() {
        let threshold =
            |text: &str| enabled(&format!("lastThreshold: {text}")).map(|it| it.threshold);
        assert_eq!(threshold("100000h"), Ok(Duration::from_hours(100_000)));
        assert_eq!(threshold("2562047h"), Ok(MOST));
        assert!(threshold("999ms").unwrap_err().contains("must be from 1s to"));
    }
}
