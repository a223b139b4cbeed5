//! Images without a daemon: builds Dockerfiles that only copy files (no `RUN`) into OCI archives, which
//! `ctr images import`, `docker load` and `skopeo copy oci-archive:` take. The same files give the same
//! digest on every machine: owner, mode, time and order are set, not taken from the disk.

pub mod build;
pub mod dockerfile;
pub mod store;

use std::{
    io,
    path::{Path, PathBuf},
};

/// Why there is no image.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The Dockerfile is wrong.
    #[error("`{}`: {source}", .path.display())]
    Dockerfile {
        /// Of the Dockerfile.
        path: PathBuf,
        /// Where and what.
        source: dockerfile::Error,
    },
    /// `FROM` must be there, once, before everything that goes into the image.
    #[error("a Dockerfile needs one FROM, before all but ARG")]
    Order,
    /// A base image was not built.
    #[error("the image `{image}` has no archive `{}`: build it first", .path.display())]
    NoBase {
        /// As the Dockerfile names it.
        image: String,
        /// Where it should be.
        path: PathBuf,
    },
    /// A source is a folder, or not in the image.
    #[error("`{}` is not a file", .0.display())]
    NoFile(PathBuf),
    /// An archive is not one of ours, or incomplete.
    #[error("`{}` is not an archive of one image, or it is damaged", .0.display())]
    Damaged(PathBuf),
    /// A file cannot be read or written.
    #[error("`{}`: {source}", .path.display())]
    File {
        /// Of the file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A document breaks the specification.
    #[error(transparent)]
    Spec(#[from] oci_spec::OciSpecError),
    /// A document cannot be read or written.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

impl Error {
    fn file(path: &Path, source: io::Error) -> Self {
        Self::File { path: path.to_owned(), source }
    }
}
