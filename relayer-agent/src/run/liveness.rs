//! Whether `rly start` gets on: that its process is there says nothing.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use agent::cosmos::rpc::{Url, get};
use tokio::time::timeout;

use crate::{link::Link, world::World};

/// The metric that says which block of a chain `rly` has seen.
const HEIGHT: &str = "cosmos_relayer_chain_latest_height";

/// How long the metrics may take.
const LIMIT: Duration = Duration::from_secs(5);

/// Remembers which blocks `rly` and the chains have come to.
#[derive(Debug, Default)]
pub struct Liveness {
    /// By chain-id: what `rly` has seen, what the chain had then, and since when.
    seen: BTreeMap<String, (u64, u64, Instant)>,
}

impl Liveness {
    /// One that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a chain has gone on for too long without `rly` seeing it.
    pub async fn stuck(&mut self, world: &World, links: &BTreeMap<String, Link>) -> bool {
        // At `/metrics` there are only those of the process (rly v2.6.0,
        // internal/relayermetrics/metricsserver.go:24).
        let url = format!("http://{}/relayer/metrics", world.config.relayer.metrics);
        let Ok(url) = url.parse::<Url>() else { return false };
        let text = match timeout(LIMIT, get(&url)).await {
            Ok(Ok(body)) => String::from_utf8_lossy(&body).into_owned(),
            // Without metrics all heights stay what they were, and the limit decides.
            _ => String::new(),
        };
        let mut stuck = false;
        let linked = world.config.paths.iter().filter(|path| links.contains_key(&path.name));
        for name in linked.flat_map(|path| [&path.src, &path.dst]) {
            let chain = world.chain(name);
            let Ok(status) = chain.rpc.status().await else { continue };
            let id = chain.config.chain_id.to_string();
            let height = height(&text, &id).unwrap_or_default();
            let last = self.seen.entry(id).or_insert((height, status.height, Instant::now()));
            // A chain that makes no blocks gives nothing to see.
            if height != last.0 || status.height <= last.1 {
                *last = (height, status.height, Instant::now());
            } else if last.2.elapsed() > world.config.limits.progress {
                stuck = true;
            }
        }
        if stuck {
            self.seen.clear();
        }
        stuck
    }
}

/// The height of a chain in `rly`'s metrics.
fn height(metrics: &str, chain_id: &str) -> Option<u64> {
    let label = format!("chain=\"{chain_id}\"");
    let line = metrics.lines().find(|line| line.starts_with(HEIGHT) && line.contains(&label))?;
    let number: f64 = line.rsplit_once(' ')?.1.parse().ok()?;
    format!("{number:.0}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_height_is_found_among_the_metrics() {
        let text = "# HELP x\ncosmos_relayer_chain_latest_height{chain=\"gwc\"} 1.234e+03\n";
        assert_eq!(height(text, "gwc"), Some(1234));
        assert_eq!(height(text, "mdsc"), None);
    }
}
