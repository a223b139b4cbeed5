//! The steps that bring a home from what it is to what the configuration means.

use std::{fmt, path::PathBuf};

use imara_diff::{Algorithm, BasicLineDiffPrinter, Diff, InternedInput, UnifiedDiffConfig};
use nix::unistd::{AccessFlags, access};

use super::{InitError, World, build, home::State, keys::Keys, lock::StagingLock, native, toml};
use crate::{
    config::edits::Edit,
    cosmos::keyring::{self, Keyring},
    files::{self, PRIVATE, PUBLIC},
    pod::plan::{Check, Step},
};

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InitStep {
    /// A whole home is there.
    Home,
    /// The keyring has the keys of the accounts.
    Keyring,
    /// Files with private keys are for their owner only.
    KeyModes,
    /// A file of settings says what the configuration says.
    Settings(Settings),
    /// Nothing is left of an init that was killed.
    Staging,
}

/// A file of settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settings {
    /// CometBFT's.
    Config,
    /// The application's.
    App,
    /// The command line's.
    Client,
}

/// All steps, in order.
pub const PLAN: [InitStep; 7] = [
    InitStep::Home,
    InitStep::Keyring,
    InitStep::KeyModes,
    InitStep::Settings(Settings::Config),
    InitStep::Settings(Settings::App),
    InitStep::Settings(Settings::Client),
    InitStep::Staging,
];

impl fmt::Display for InitStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Home => "home",
            Self::Keyring => "keyring",
            Self::KeyModes => "key-modes",
            Self::Settings(Settings::Config) => "config-toml",
            Self::Settings(Settings::App) => "app-toml",
            Self::Settings(Settings::Client) => "client-toml",
            Self::Staging => "staging",
        })
    }
}

impl Step for InitStep {
    type World = World;
    type Error = InitError;

    async fn check(&self, world: &World) -> Result<Check, InitError> {
        match self {
            Self::Home => check_home(world),
            Self::Keyring => check_keyring(world),
            Self::KeyModes => Ok(match open_keys(world)?.as_slice() {
                [] => Check::Done,
                [first, ..] => Check::Pending(format!("others may read `{}`", first.display())),
            }),
            Self::Settings(settings) => Ok(match settings.edited(world)? {
                Some(edited) if edited.old != edited.new => {
                    Check::Pending(format!("`{}` says otherwise", edited.path.display()))
                }
                _ => Check::Done,
            }),
            Self::Staging => Ok(if world.home.staging().exists() {
                Check::Pending("an init was killed here".to_owned())
            } else {
                Check::Done
            }),
        }
    }

    async fn apply(&self, world: &World) -> Result<(), InitError> {
        match self {
            Self::Home => build::build(world).await,
            Self::Keyring => native::complete_keyring(world),
            Self::KeyModes => {
                for path in open_keys(world)? {
                    files::set_mode(&path, PRIVATE)?;
                }
                Ok(())
            }
            Self::Settings(settings) => match settings.edited(world)? {
                Some(edited) => {
                    let mode = files::mode(&edited.path).unwrap_or(PUBLIC);
                    Ok(files::replace(&edited.path, edited.new.as_bytes(), mode)?)
                }
                None => Ok(()),
            },
            Self::Staging => {
                let lock = StagingLock::take(&world.home.staging(), build::LOCK_LIMIT).await?;
                Ok(lock.remove()?)
            }
        }
    }
}

fn check_home(world: &World) -> Result<Check, InitError> {
    Ok(match world.state()? {
        State::Empty => Check::Pending("there is none yet".to_owned()),
        State::HalfMade => Check::Pending("its genesis has no validator".to_owned()),
        State::Whole | State::Refused(_) => Check::Done,
    })
}

/// A whole home needs no mnemonic: one that is not there is no problem, another one a warning.
fn check_keyring(world: &World) -> Result<Check, InitError> {
    let config = &world.config;
    let keys = match Keys::if_there(config) {
        Ok(Some(keys)) => keys,
        Ok(None) => return Ok(Check::Done),
        Err(error) => {
            let error = crate::error::chain(&error);
            tracing::warn!(error, "the home is whole, but the mnemonic cannot be used");
            return Ok(Check::Done);
        }
    };
    let keyring = Keyring::test(&config.keyring_dir);
    for key in &keys.accounts {
        let name = &key.account.name;
        if keyring::has_address(keyring.dir(), key.address)? {
            continue;
        }
        if keyring.find(name)?.is_some() {
            tracing::warn!(name, "the keyring has another key of this name than the mnemonic");
            continue;
        }
        return Ok(Check::Pending(format!("the key `{name}` is missing")));
    }
    Ok(Check::Done)
}

/// The files with private keys that more than their owner may use, and that are ours to mend.
///
/// A volume's `fsGroup` makes 0600 into 0660 at each mount.
fn open_keys(world: &World) -> Result<Vec<PathBuf>, InitError> {
    use std::os::unix::fs::MetadataExt as _;

    let keyring = world.config.keyring_dir.join("keyring-test");
    let mut paths = vec![world.home.consensus_key(), world.home.node_key()];
    paths.extend(files::names(&keyring)?.iter().map(|name| keyring.join(name)));
    let user = nix::unistd::geteuid();
    paths.retain(|path| {
        let open = std::fs::metadata(path).is_ok_and(|metadata| {
            let ours = user.is_root() || metadata.uid() == user.as_raw();
            metadata.is_file() && metadata.mode() & 0o077 != 0 && ours
        });
        // A key that is mounted read-only, from a Secret, is as its mount says.
        open && access(path, AccessFlags::W_OK).is_ok()
    });
    Ok(paths)
}

/// A file before and after its edits.
#[derive(Debug)]
pub struct Edited {
    /// The file.
    pub path: PathBuf,
    /// What it says.
    pub old: String,
    /// What it is to say.
    pub new: String,
}

impl Edited {
    /// The change as a unified diff; empty if there is none.
    pub fn diff(&self) -> String {
        let lines = InternedInput::new(self.old.as_str(), self.new.as_str());
        let mut diff = Diff::compute(Algorithm::Myers, &lines);
        if diff.hunks().next().is_none() {
            return String::new();
        }
        diff.postprocess_lines(&lines);
        let printer = BasicLineDiffPrinter(&lines.interner);
        let mut form = UnifiedDiffConfig::default();
        form.context_len(1);
        let (path, hunks) = (self.path.display(), diff.unified_diff(&printer, form, &lines));
        format!("--- {path}\n+++ {path}\n{hunks}")
    }
}

impl Settings {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Config, Self::App, Self::Client];

    /// The file's name, which is the key of the configuration too.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Config => "config.toml",
            Self::App => "app.toml",
            Self::Client => "client.toml",
        }
    }

    /// What the configuration sets in it.
    pub fn edits(self, world: &World) -> &[Edit] {
        let documents = &world.config.documents;
        match self {
            Self::Config => &documents.config_toml,
            Self::App => &documents.app_toml,
            Self::Client => &documents.client_toml,
        }
    }

    /// Reads the file and applies the edits; `None` if there is nothing to edit.
    ///
    /// # Errors
    ///
    /// [`InitError::Edit`] with every edit that does not fit, [`InitError::NoSettings`] without
    /// the file.
    pub fn edited(self, world: &World) -> Result<Option<Edited>, InitError> {
        self.edited_in(world, &world.home)
    }

    /// As [`Settings::edited`], in another home than the configured one.
    pub(super) fn edited_in(
        self,
        world: &World,
        home: &super::home::Home,
    ) -> Result<Option<Edited>, InitError> {
        let edits = self.edits(world);
        if edits.is_empty() {
            return Ok(None);
        }
        let path = home.config().join(self.file_name());
        let Some(bytes) = files::read(&path)? else { return Err(InitError::NoSettings(path)) };
        let old = String::from_utf8_lossy(&bytes).into_owned();
        match toml::apply(&old, edits) {
            Ok(new) => Ok(Some(Edited { path, old, new })),
            Err(problems) => Err(InitError::Edit { document: self.file_name(), path, problems }),
        }
    }
}
