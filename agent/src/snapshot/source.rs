//! Where the bytes of an archive come from: a download, or a file on this machine.

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use bytes::{Bytes, BytesMut};

use super::{
    SnapshotError,
    download::{Download, Identity},
    format::HEAD,
    untar::End,
};
use crate::files::FileError;

/// How many bytes of a file are read at once.
const BLOCK: usize = 256 << 10;

/// The bytes of an archive, in order.
#[derive(Debug)]
pub struct Source {
    origin: Origin,
    /// What was looked at in advance.
    head: Bytes,
}

/// Where they come from.
#[derive(Debug)]
pub enum Origin {
    /// A server.
    Download(Box<Download>),
    /// A file.
    File {
        /// Where it is.
        path: PathBuf,
        /// It, open.
        file: File,
        /// Its length in bytes.
        length: u64,
    },
}

impl Source {
    /// Reads a download.
    pub fn download(download: Download) -> Self {
        Self { origin: Origin::Download(Box::new(download)), head: Bytes::new() }
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::File`].
    pub fn file(path: &Path) -> Result<Self, SnapshotError> {
        let file = File::open(path).map_err(FileError::new("read", path))?;
        let length = file.metadata().map_err(FileError::new("look at", path))?.len();
        let origin = Origin::File { path: path.to_owned(), file, length };
        Ok(Self { origin, head: Bytes::new() })
    }

    /// Where the bytes come from.
    pub fn origin(&mut self) -> &mut Origin {
        &mut self.origin
    }

    /// The first bytes; they are still to come.
    ///
    /// # Errors
    ///
    /// As [`Self::piece`].
    pub async fn peek(&mut self) -> Result<Bytes, SnapshotError> {
        let mut head = BytesMut::from(self.head.as_ref());
        while head.len() < HEAD {
            let Some(piece) = self.next().await? else { break };
            head.extend_from_slice(&piece);
        }
        self.head = head.freeze();
        Ok(self.head.slice(..self.head.len().min(HEAD)))
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    ///
    /// Those of the download, or [`SnapshotError::File`].
    pub async fn piece(&mut self) -> Result<Option<Bytes>, SnapshotError> {
        let head = std::mem::take(&mut self.head);
        if head.is_empty() { self.next().await } else { Ok(Some(head)) }
    }

    /// What tells the archive from others, once its first bytes have come.
    pub fn identity(&self) -> Identity {
        match &self.origin {
            Origin::Download(download) => download.identity().clone(),
            Origin::File { .. } => Identity::default(),
        }
    }

    /// How long the archive is, if that is known.
    pub fn length(&self) -> Option<u64> {
        match &self.origin {
            Origin::Download(download) => download.identity().length,
            Origin::File { length, .. } => Some(*length),
        }
    }

    /// What a tar file must have at its end, since nothing else says that it is all there.
    pub fn end(&self) -> End {
        match &self.origin {
            Origin::Download(download) if !download.is_end_certain() => End::MustHave,
            _ => End::MayLack,
        }
    }

    async fn next(&mut self) -> Result<Option<Bytes>, SnapshotError> {
        match &mut self.origin {
            Origin::Download(download) => download.piece().await,
            Origin::File { path, file, .. } => {
                let mut block = vec![0; BLOCK];
                let read = file.read(&mut block).map_err(FileError::new("read", path))?;
                block.truncate(read);
                // Lets a signal be seen: a file is never late.
                tokio::task::yield_now().await;
                Ok(Some(Bytes::from(block)).filter(|block| !block.is_empty()))
            }
        }
    }
}
