//! `agent snapshot restore`: a chain's database from an archive, if there is none yet.
//!
//! A tar file is unpacked while it arrives, into a folder beside the database, which one rename puts
//! into its place at the end: so a kill leaves no half database, and the disk holds nothing twice. When
//! the connection breaks, the download goes on where it stopped. When we are killed, what was unpacked
//! is removed and the next start begins again: a decoder's state cannot be kept, and what is kept
//! instead, the archive, costs its size on the disk. Who prefers that sets `ARCHIVE_STORE`; a 7z file,
//! which is read from its end, is always kept while it is downloaded.

mod download;
mod error;
mod format;
mod mode;
mod owner;
mod part;
mod place;
mod progress;
mod settings;
mod sevenz;
mod source;
mod space;
mod stream;
mod tree;
mod untar;

use std::{fs, path::Path, time::Duration};

use reqwest::Url;
use sha2::{Digest as _, Sha256};

pub use self::error::SnapshotError;
use self::{
    download::{Download, Identity},
    format::{Compression, Format},
    part::Part,
    place::Place,
    progress::Progress,
    settings::{Archive, Settings},
    source::{Origin, Source},
    space::Need,
    stream::{Ahead, Feed},
    tree::Tree,
};
use crate::{
    cli::RestoreArgs,
    files,
    init::lock::StagingLock,
    pod::{end::End, signals::Signals},
    thread,
};

/// How long another restore of the same folder is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often a download is begun again because another file is at its address.
const CHANGES: u32 = 3;

/// Restores a snapshot, if one is asked for and there is no database.
///
/// # Errors
///
/// [`SnapshotError`]; there is no half database, and nothing is there that was not before, but for a
/// download that the next start goes on with.
///
/// # Source
///
/// The program that it takes the place of: <https://github.com/mvs-org/snapshot-init-container>.
pub async fn restore(args: &RestoreArgs, signals: &Signals) -> Result<End, SnapshotError> {
    let Some(settings) = Settings::read(args)? else {
        tracing::info!("there is no `ARCHIVE_URL`, so nothing to restore");
        return Ok(End::Code(0));
    };
    tokio::select! {
        // Nothing is lost: the threads end with the process, and the next start removes what they made.
        biased;
        signal = signals.stop() => {
            let signal = signal.map_err(SnapshotError::Signals)?;
            tracing::info!(%signal, "stopped before the snapshot was restored");
            Ok(End::Signal(signal))
        }
        restored = make(&settings) => restored.map(|()| End::Code(0)),
    }
}

async fn make(settings: &Settings) -> Result<(), SnapshotError> {
    let place = Place::new(&settings.dir);
    if place.has_database()? {
        tracing::info!(path = %place.database().display(), "there is a database, nothing to restore");
        return tidy(&place).await;
    }
    let was_there = settings.dir.exists();
    place.make()?;
    place.check()?;
    let lock = StagingLock::take(&place.staging(), PATIENCE).await?;
    let restored = if place.has_database()? { Ok(()) } else { fill(settings, &place).await };
    let Err(error) = restored else {
        lock.remove()?;
        return Ok(());
    };
    files::remove_tree(&place.unpacked())?;
    if files::names(&place.staging())? == ["lock"] {
        lock.remove()?;
        if !was_there {
            let _ = fs::remove_dir(&settings.dir); // something of others may be in it
        }
    }
    Err(error)
}

/// Removes what a start has left that was killed after the rename.
async fn tidy(place: &Place) -> Result<(), SnapshotError> {
    if place.staging().exists() {
        StagingLock::take(&place.staging(), PATIENCE).await?.remove()?;
    }
    Ok(())
}

async fn fill(settings: &Settings, place: &Place) -> Result<(), SnapshotError> {
    let store = settings.store.clone().unwrap_or_else(|| place.staging());
    place.begin()?;
    match &settings.archive {
        Archive::File(path) => unpack(settings, place, Source::file(path)?).await?,
        Archive::Url(url) => {
            let mut changes = 0;
            while let Err(error) = fetch(settings, place, url, &store).await {
                if changes == CHANGES || !matches!(error, SnapshotError::Changed(_)) {
                    return Err(error);
                }
                changes += 1;
                tracing::warn!(why = %error, "beginning again");
                place.begin()?;
            }
        }
    }
    tracing::info!("moving the database into place");
    let (settings, committed) = (settings.clone(), place.clone());
    thread::spawn(move || committed.commit(&settings)).await?;
    tracing::info!(path = %place.database().display(), "the snapshot is restored");
    Part::clear(&store)
}

/// Downloads the archive once, and unpacks it.
async fn fetch(
    settings: &Settings,
    place: &Place,
    url: &Url,
    store: &Path,
) -> Result<(), SnapshotError> {
    let begin = |identity, position| Download::new(settings, url, identity, position);
    let (source, part) = if let Some(part) = Part::find(store, url)? {
        check_room(settings, place, store, part.identity.length, part.length)?;
        tracing::info!(position = part.length, "going on with a download");
        (Source::download(begin(part.identity.clone(), part.length)?), part)
    } else {
        let mut source = Source::download(begin(Identity::default(), 0)?);
        let format = Format::of(&settings.archive.to_string(), &source.peek().await?)?;
        if format != Format::SevenZ && settings.store.is_none() {
            return unpack(settings, place, source).await;
        }
        check_room(settings, place, store, source.length(), 0)?;
        let part = Part::begin(store, url, source.identity())?;
        (source, part)
    };
    let kept = keep(settings, place, source, part).await;
    if kept.as_ref().is_err_and(SnapshotError::condemns_archive) {
        Part::clear(store)?;
    }
    kept
}

/// Makes sure that there is room for an archive of `total` bytes of which `there` are there, and as far
/// as it is known for what is in it.
fn check_room(
    settings: &Settings,
    place: &Place,
    store: &Path,
    total: Option<u64>,
    there: u64,
) -> Result<(), SnapshotError> {
    let Some(total) = total else { return Ok(()) };
    files::make_dir(store, files::PRIVATE_DIR)?;
    let archive = Need { on: store, bytes: total.saturating_sub(there), what: "archive" };
    // A 7z file has its sizes at its end; what else is stored is not smaller when it is unpacked.
    let bytes = if settings.store.is_some() { total } else { 0 };
    space::check(&[archive, Need { on: place.dir(), bytes, what: "database" }])
}

/// Downloads the archive to its end, then unpacks it.
async fn keep(
    settings: &Settings,
    place: &Place,
    mut source: Source,
    mut part: Part,
) -> Result<(), SnapshotError> {
    let mut file = part.open()?;
    let mut progress = Progress::new("downloading", source.length(), part.length);
    while let Some(piece) = source.piece().await? {
        part.add(&mut file, &piece)?;
        progress.at(part.length);
    }
    unpack(settings, place, Source::file(part.path())?).await
}

/// Unpacks an archive into the staging folder, and makes sure that it is the one that was meant.
async fn unpack(
    settings: &Settings,
    place: &Place,
    mut source: Source,
) -> Result<(), SnapshotError> {
    let head = source.peek().await?;
    match (Format::of(&settings.archive.to_string(), &head)?, source.origin()) {
        (Format::SevenZ, Origin::File { path, .. }) => {
            let path = path.clone();
            check_file(settings, source).await?;
            let root = place.unpacked();
            let tree = Tree::new(&root, Some(Progress::new("unpacking", None, 0)));
            thread::spawn(move || sevenz::unpack(&path, &root, tree)).await
        }
        (Format::SevenZ, Origin::Download(_)) => {
            Err(SnapshotError::Changed(settings.archive.to_string()))
        }
        (Format::Tar(compression), _) => {
            let least = compression.content_size(&head).or(source.length());
            let (bytes, what) = (least.unwrap_or_default(), "database");
            space::check(&[Need { on: place.dir(), bytes, what }])?;
            stream(settings, place, source, compression).await
        }
    }
}

/// Unpacks a tar file while it arrives.
async fn stream(
    settings: &Settings,
    place: &Place,
    mut source: Source,
    compression: Compression,
) -> Result<(), SnapshotError> {
    let (feed, reader) = stream::channel();
    let (tree, end) = (Tree::new(&place.unpacked(), None), source.end());
    let unpacking = thread::spawn(move || {
        let decoder = compression.decoder(reader).map_err(SnapshotError::Damaged)?;
        untar::unpack(Ahead::of(decoder), tree, end)
    });
    let mut digest = Digest::new(settings);
    let downloaded = feed_all(&mut source, feed, &mut digest).await;
    let unpacked = unpacking.await;
    // The error of the download first: the other one follows from it.
    downloaded.and(unpacked).and_then(|()| digest.check(settings))
}

/// Hands everything to the decoder, unless that gives up.
async fn feed_all(
    source: &mut Source,
    feed: Feed,
    digest: &mut Digest,
) -> Result<(), SnapshotError> {
    let mut progress = Progress::new("downloading and unpacking", source.length(), 0);
    let mut position = 0;
    loop {
        let piece = tokio::select! {
            // Nothing is lost: a piece that is dropped here has no reader any more.
            biased;
            () = feed.closed() => return Ok(()),
            piece = source.piece() => piece?,
        };
        let Some(piece) = piece else { break };
        digest.update(&piece);
        position += u64::try_from(piece.len()).unwrap_or_default();
        progress.at(position);
        if feed.send(Some(piece)).await.is_err() {
            return Ok(());
        }
    }
    let _ = feed.send(None).await; // it may have given up just now
    Ok(())
}

/// Makes sure that a file is the archive that was meant, before it is unpacked.
async fn check_file(settings: &Settings, mut source: Source) -> Result<(), SnapshotError> {
    let mut digest = Digest::new(settings);
    if settings.sha256.is_some() {
        while let Some(piece) = source.piece().await? {
            digest.update(&piece);
        }
    }
    digest.check(settings)
}

/// The SHA-256 of an archive, if one is asked for.
struct Digest(Option<Sha256>);

impl Digest {
    fn new(settings: &Settings) -> Self {
        Self(settings.sha256.is_some().then(Sha256::new))
    }

    fn update(&mut self, bytes: &[u8]) {
        if let Some(digest) = &mut self.0 {
            digest.update(bytes);
        }
    }

    fn check(self, settings: &Settings) -> Result<(), SnapshotError> {
        let (Some(wanted), Some(digest)) = (&settings.sha256, self.0) else { return Ok(()) };
        let found = base16ct::lower::encode_string(&digest.finalize());
        if found == *wanted {
            return Ok(());
        }
        let (name, wanted) = (settings.archive.to_string(), wanted.clone());
        Err(SnapshotError::Digest { name, found, wanted })
    }
}
