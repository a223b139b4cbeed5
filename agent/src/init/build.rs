//! Builds a whole home in the staging folder and moves it into place.

use std::time::Duration;

use super::{
    InitError, World, cli, commit, download, genesis_commands,
    home::{Home, State},
    keys::Keys,
    lock::StagingLock,
    native,
    node::Node,
    steps::Settings,
    toml,
};
use crate::{
    config::init::{ConsensusKey, Engine},
    cosmos::{
        gentx::GentxFormat,
        node_key::{NodeKey, PrivValidatorKey, PrivValidatorState},
        sdk_version::{BuildInfo, SdkVersion},
    },
    files::{self, PRIVATE, PRIVATE_DIR},
};

/// How long another init of the same home may take before we give up.
pub(super) const LOCK_LIMIT: Duration = Duration::from_mins(1);

/// Makes the home: nothing of it is in place before all of it is on the disk.
///
/// # Errors
///
/// [`InitError`]; the home is then as it was, and the next start begins again.
pub(super) async fn build(world: &World) -> Result<(), InitError> {
    let keys = world.timed("mnemonic", Keys::wait_for(&world.config)).await?;
    native::check_keyring(world, &keys)?;
    let home = &world.home;
    files::make_dir(home.root(), PRIVATE_DIR)?;
    let lock = world.timed("lock", StagingLock::take(&home.staging(), LOCK_LIMIT)).await?;
    let made = match world.state() {
        // Whoever held the lock has finished the home.
        Ok(State::Whole) => Ok(()),
        Ok(_) => make(world, &keys).await,
        Err(error) => Err(error),
    };
    // The first error is the one to report.
    let removed = lock.remove();
    made.and(removed.map_err(InitError::from))
}

async fn make(world: &World, keys: &Keys) -> Result<(), InitError> {
    let staged = Home::new(world.home.staging().join("home"));
    fill(world, keys, &staged).await?;
    world.timed_now("commit", || {
        Ok(commit::commit(&staged, &world.home, &world.config.keyring_dir)?)
    })
}

async fn fill(world: &World, keys: &Keys, staged: &Home) -> Result<(), InitError> {
    files::remove_tree(staged.root())?;
    for dir in [staged.config(), staged.data()] {
        files::make_dir(&dir, PRIVATE_DIR)?;
    }
    place_node_keys(world, keys, staged)?;
    let node = Node::new(&world.program, staged, &world.reaper);
    world.timed("node-init", node.init(&world.config)).await?;
    let format = engine(world, &node).await?;
    match format {
        Some(_) => native::add_keys(world, keys, staged)?,
        None => cli::add_keys(world, keys, &node).await?,
    }
    match (&world.config.genesis_from, format) {
        (Some(from), _) => world.timed("genesis", download::fill(world, from, staged)).await?,
        (None, Some(format)) => native::add_validator(world, keys, staged, format)?,
        (None, None) => cli::add_validator(world, keys, &node).await?,
    }
    world.timed_now("genesis-edits", || native::edit_genesis(world, staged))?;
    world.timed_now("settings", || write_settings(world, staged))?;
    genesis_commands::run(world, keys, &node).await?;
    if world.config.validate {
        world.timed("genesis-validate", node.validate_genesis()).await?;
    }
    Ok(())
}

/// Says in which format we write ourselves; none means the node's own commands.
async fn engine(world: &World, node: &Node<'_>) -> Result<Option<GentxFormat>, InitError> {
    if world.config.engine == Engine::Cli {
        return Ok(None);
    }
    let version = match BuildInfo::read(&world.program).ok().and_then(|info| info.sdk_version()) {
        Some(version) => Some(version),
        None => SdkVersion::from_version_output(&node.version().await?),
    };
    if let Some(format) = version.and_then(GentxFormat::of) {
        return Ok(Some(format));
    }
    let version = version.map(|version| version.to_string());
    if world.config.engine == Engine::Native {
        return Err(InitError::NotNative { version });
    }
    tracing::info!(version, "the home is made by the node's own commands");
    Ok(None)
}

/// Puts keys that were there before, or that come from the mnemonic, where `init` keeps them.
///
/// With a consensus key and no state beside it `init` would not start.
fn place_node_keys(world: &World, keys: &Keys, staged: &Home) -> Result<(), InitError> {
    let home = &world.home;
    if let Some(bytes) = files::read(&home.node_key())?
        && NodeKey::parse(&bytes).is_ok()
    {
        files::write_synced(&staged.node_key(), &bytes, PRIVATE)?;
    }
    let there = files::read(&home.consensus_key())?;
    let there = there.filter(|bytes| PrivValidatorKey::parse(bytes).is_ok());
    let bytes = match (there, world.config.consensus_key) {
        (Some(bytes), _) => bytes,
        (None, ConsensusKey::Mnemonic) => {
            PrivValidatorKey::from_seed(&keys.consensus_seed).to_json().to_vec()
        }
        (None, ConsensusKey::Random) => return Ok(()),
    };
    files::write_synced(&staged.consensus_key(), &bytes, PRIVATE)?;
    let state = PrivValidatorState::INITIAL_JSON.as_bytes();
    Ok(files::write_synced(&staged.sign_state(), state, PRIVATE)?)
}

/// Writes the files of settings: what was in place before, if it can be read, with our edits.
fn write_settings(world: &World, staged: &Home) -> Result<(), InitError> {
    for settings in Settings::ALL {
        let name = settings.file_name();
        let earlier = files::read(&world.home.config().join(name))?;
        if let Some(bytes) = earlier.filter(|bytes| toml::is_settings(bytes)) {
            files::write_synced(&staged.config().join(name), &bytes, files::PUBLIC)?;
        }
        if let Some(edited) = settings.edited_in(world, staged)? {
            files::write_synced(&edited.path, edited.new.as_bytes(), files::PUBLIC)?;
        }
    }
    Ok(())
}
