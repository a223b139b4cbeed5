//! `agent snapshot restore`, run from outside.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use chainpod_tests::{bin, wait};
use tempfile::TempDir;

use crate::archive::listing;

/// How long a restore may take.
const LIMIT: Duration = Duration::from_mins(1);

/// A volume, and what a restore is told.
pub struct Restore {
    volume: TempDir,
    env: Vec<(String, String)>,
}

impl Restore {
    /// A restore of an archive into a chain's folder that is not there yet.
    pub fn of(url: impl Into<String>) -> Self {
        let volume = tempfile::tempdir().unwrap();
        let chain = volume.path().join("chains/dev").display().to_string();
        let env = vec![("ARCHIVE_URL".to_owned(), url.into()), ("CHAIN_DIR".to_owned(), chain)];
        Self { volume, env }
    }

    /// Sets a variable.
    pub fn env(mut self, name: &str, value: impl AsRef<Path>) -> Self {
        self.env.retain(|(other, _)| other != name);
        self.env.push((name.to_owned(), value.as_ref().display().to_string()));
        self
    }

    /// The volume.
    pub fn volume(&self) -> &Path {
        self.volume.path()
    }

    /// The chain's folder.
    pub fn chain(&self) -> PathBuf {
        self.env.iter().find(|(name, _)| name == "CHAIN_DIR").unwrap().1.clone().into()
    }

    /// Starts it.
    pub fn spawn(&self) -> Child {
        let mut command = Command::new(bin("agent"));
        command.args(["snapshot", "restore"]).env_clear();
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// Runs it to its end.
    pub fn output(&self) -> Output {
        let mut child = self.spawn();
        let mut stderr = child.stderr.take().unwrap();
        let reading = wait::spawn(move || {
            let mut said = Vec::new();
            std::io::Read::read_to_end(&mut stderr, &mut said).map(|_| said)
        });
        let deadline = Instant::now() + LIMIT;
        while child.try_wait().unwrap().is_none() && Instant::now() < deadline {
            wait::pause(Duration::from_millis(5));
        }
        let _ = child.kill(); // it may have ended
        let mut output = child.wait_with_output().unwrap();
        output.stderr = reading.join().unwrap().unwrap();
        output
    }

    /// Runs it, insists on success, and returns what it said.
    pub fn succeed(&self) -> String {
        let output = self.output();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        assert!(!self.chain().join(".agent-snapshot").exists(), "something is left:\n{said}");
        said
    }

    /// Runs it, insists on this exit code, and returns what it said.
    pub fn fail(&self, code: i32) -> String {
        let output = self.output();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{said}");
        said
    }

    /// Insists that the chain's folder is now as another one.
    pub fn is_as(&self, chain: &Path) {
        let (found, wanted) = (listing(&self.chain()), listing(chain));
        for (path, what) in &wanted {
            assert_eq!(found.get(path), Some(what), "{}", path.display());
        }
        assert_eq!(found.len(), wanted.len(), "{found:#?}");
    }

    /// Insists that nothing was made at all.
    pub fn left_nothing(&self) {
        let names: Vec<_> = listing(self.volume()).into_keys().collect();
        let made = |path: &&PathBuf| !["", "chains"].contains(&path.to_str().unwrap());
        assert_eq!(names.iter().find(made), None, "{names:?}");
    }
}

/// Whether a database is there, whole or not.
pub fn has_database(chain: &Path) -> bool {
    fs::read_dir(chain.join("db")).is_ok_and(|mut entries| entries.next().is_some())
}
