//! How soon a node runs with a changed ConfigMap.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    time::Duration,
};

use agent::pod::watched::SETTLE;
use chainpod_tests::{agent::write, wait};
use serde_json::json;

use crate::{
    fixture::Fixture,
    peers::{Peer, node},
    report::{Line, Target},
    run::Run,
    series::{Better, Result, Series},
    stub,
};

const ROUNDS: usize = 30;

/// Measures from the kubelet's swap of `..data` to the first line of the node with the new
/// configuration, the old node's graceful end in between.
pub fn measure(fixture: &Fixture) -> Result<Vec<Line>> {
    let map = ConfigMap::new(fixture.dir().join("map"))?;
    map.swap(0)?;
    let peer = Peer::watching(&fixture.agent, &map.file());
    let (mut run, _) = Run::up(peer.command(&[]))?;
    let mut values = Vec::new();
    for round in 1..=ROUNDS {
        wait::pause(Duration::from_millis(100));
        let swapped = map.swap(round)?;
        run.expect("term")?;
        values.push((run.expect("up")?.at - swapped) * 1e3);
    }
    let ours = Series::new("agent", Better::Less, values);
    let settling = SETTLE.as_millis();
    let measure = format!("swap of a ConfigMap to the new node's line, {settling} ms settling");
    let target = Target::AtMost(SETTLE.as_secs_f64() * 1e3 + 10.0);
    Ok(vec![Line::alone(measure, "ms", ours).target(target)])
}

/// A ConfigMap as the kubelet mounts it.
struct ConfigMap(PathBuf);

impl ConfigMap {
    fn new(dir: PathBuf) -> Result<Self> {
        fs::create_dir(&dir)?;
        symlink("..data/kubebot.yaml", dir.join("kubebot.yaml"))?;
        Ok(Self(dir))
    }

    fn file(&self) -> PathBuf {
        self.0.join("kubebot.yaml")
    }

    /// Puts the next configuration in the place of the last one; when that was, in seconds.
    fn swap(&self, round: usize) -> Result<f64> {
        let version = format!("..{round}");
        fs::create_dir(self.0.join(&version))?;
        let template = json!({ "command": node(&[]), "args": { "round": round } });
        let file = self.0.join(&version).join("kubebot.yaml");
        write(&file, &format!("nodeTemplate: {template}\n"));
        symlink(Path::new(&version), self.0.join("..data_tmp"))?;
        let now = stub::now();
        fs::rename(self.0.join("..data_tmp"), self.0.join("..data"))?;
        Ok(now)
    }
}
