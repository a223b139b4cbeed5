//! A folder of blobs named by their digest, and the archive that it is written to and read from.

use std::{
    collections::BTreeMap,
    fs::{self, File, Permissions},
    io::{self, Read, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use oci_spec::image::{
    Descriptor, DescriptorBuilder, ImageConfiguration, ImageIndex, ImageIndexBuilder,
    ImageManifest, MediaType, OciLayoutBuilder, Sha256Digest,
};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tar::{Archive, Builder, EntryType, Header};
use tempfile::{NamedTempFile, TempDir};

use crate::Error;

/// Where containerd looks for the name of an image in an archive.
const NAME: &str = "io.containerd.image.name";
const TAG: &str = "org.opencontainers.image.ref.name";
/// The domain of names without one (`github.com/distribution/reference`, normalize.go).
const DOMAIN: &str = "docker.io";
const BLOBS: &str = "blobs/sha256";

/// Blobs in a folder that is gone at the end.
#[derive(Debug)]
pub struct Store {
    folder: TempDir,
}

impl Store {
    /// Makes an empty store beside `path`, where there is space for what shall stand there.
    ///
    /// # Errors
    ///
    /// The folder cannot be written to.
    pub fn beside(path: &Path) -> Result<Self, Error> {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(|source| Error::file(parent, source))?;
        let folder = TempDir::with_prefix_in(".oci-", parent);
        Ok(Self { folder: folder.map_err(|source| Error::file(parent, source))? })
    }

    /// Opens the blob of `digest`.
    ///
    /// # Errors
    ///
    /// It is not there.
    pub fn open(&self, digest: &str) -> Result<File, Error> {
        let path = self.path(digest);
        File::open(&path).map_err(|source| Error::file(&path, source))
    }

    /// Adds what `write` writes.
    ///
    /// # Errors
    ///
    /// Those of `write`, and of the disk.
    pub fn add(
        &self,
        media_type: MediaType,
        write: impl FnOnce(&mut dyn Write) -> Result<(), Error>,
    ) -> Result<Descriptor, Error> {
        let failed = |source| Error::file(self.folder.path(), source);
        let mut hashing = Hashing {
            file: NamedTempFile::new_in(self.folder.path()).map_err(failed)?,
            hash: Sha256::new(),
            size: 0,
        };
        write(&mut hashing)?;
        let digest = base16ct::lower::encode_string(&hashing.hash.finalize());
        hashing
            .file
            .persist(self.folder.path().join(&digest))
            .map_err(|error| failed(error.error))?;
        Ok(DescriptorBuilder::default()
            .media_type(media_type)
            .size(hashing.size)
            .digest(digest.parse::<Sha256Digest>()?)
            .build()?)
    }

    /// Adds a document.
    ///
    /// # Errors
    ///
    /// As [`Store::add`].
    pub fn add_json(
        &self,
        media_type: MediaType,
        document: &impl serde::Serialize,
    ) -> Result<Descriptor, Error> {
        let bytes = serde_json::to_vec(document)?;
        self.add(media_type, |out| {
            out.write_all(&bytes).map_err(|source| Error::file(self.folder.path(), source))
        })
    }

    /// Takes in the one image of the archive at `path`.
    ///
    /// # Errors
    ///
    /// The archive cannot be read, is not what [`Store::write`] writes, or a blob is not what its digest says.
    pub fn read(&self, path: &Path) -> Result<(ImageManifest, ImageConfiguration), Error> {
        let failed = |source| Error::file(path, source);
        let mut archive = Archive::new(File::open(path).map_err(failed)?);
        let mut index = None;
        for entry in archive.entries().map_err(failed)? {
            let mut entry = entry.map_err(failed)?;
            let name = entry.path().map_err(failed)?.into_owned();
            if name == Path::new("index.json") {
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes).map_err(failed)?;
                index = Some(serde_json::from_slice::<ImageIndex>(&bytes)?);
            } else if let Some(digest) = name.strip_prefix(BLOBS).ok().and_then(Path::to_str) {
                let blob = self.add(MediaType::ImageLayer, |out| {
                    io::copy(&mut entry, out).map(drop).map_err(failed)
                })?;
                if blob.digest().digest() != digest {
                    return Err(Error::Damaged(path.to_owned()));
                }
            }
        }
        let index = index.ok_or_else(|| Error::Damaged(path.to_owned()))?;
        let [manifest] = index.manifests().as_slice() else {
            return Err(Error::Damaged(path.to_owned()));
        };
        let manifest: ImageManifest =
            serde_json::from_reader(self.open(manifest.digest().digest())?)?;
        let config = serde_json::from_reader(self.open(manifest.config().digest().digest())?)?;
        Ok((manifest, config))
    }

    /// Writes the archive of one image to `path`: an OCI layout, and the `manifest.json` by which
    /// `docker load` knows it in every version.
    ///
    /// # Errors
    ///
    /// The disk refuses. `path` is then as it was.
    pub fn write(
        &self,
        path: &Path,
        name: &str,
        manifest: &Descriptor,
        blobs: &[Descriptor],
    ) -> Result<(), Error> {
        let full = full_name(name);
        let mut listed = manifest.clone();
        let tag = name.rsplit_once(':').map_or("latest", |(_, tag)| tag);
        listed.set_annotations(Some(
            [(NAME.to_owned(), full.clone()), (TAG.to_owned(), tag.to_owned())].into(),
        ));
        let index = ImageIndexBuilder::default()
            .schema_version(2_u32)
            .media_type(MediaType::ImageIndex)
            .manifests(vec![listed])
            .build()?;
        let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        let layout =
            OciLayoutBuilder::default().image_layout_version("1.0.0".to_owned()).build()?;
        files.insert("oci-layout".to_owned(), serde_json::to_vec(&layout)?);
        files.insert("index.json".to_owned(), serde_json::to_vec(&sorted(&index)?)?);
        let blob_path = |blob: &Descriptor| format!("{BLOBS}/{}", blob.digest().digest());
        let mut layers = blobs.iter().filter(|blob| blob.media_type() != &MediaType::ImageConfig);
        let config = blobs.iter().find(|blob| blob.media_type() == &MediaType::ImageConfig);
        let docker = json!([{
            "Config": config.map(blob_path),
            "RepoTags": [name],
            "Layers": layers.by_ref().map(blob_path).collect::<Vec<_>>(),
        }]);
        files.insert("manifest.json".to_owned(), serde_json::to_vec(&docker)?);

        let failed = |source| Error::file(path, source);
        let parent = self.folder.path().parent().unwrap_or(Path::new("."));
        let file = NamedTempFile::with_prefix_in(".oci-", parent).map_err(failed)?;
        let mut archive = Builder::new(file);
        for (name, bytes) in &files {
            let mut header = header(EntryType::Regular, 0o644, bytes.len() as u64, 0);
            archive.append_data(&mut header, name, bytes.as_slice()).map_err(failed)?;
        }
        let mut written: Vec<&str> = Vec::new();
        for blob in blobs.iter().chain([manifest]) {
            let digest = blob.digest().digest();
            if written.contains(&digest) {
                continue;
            }
            written.push(digest);
            let mut header = header(EntryType::Regular, 0o644, blob.size(), 0);
            archive
                .append_data(&mut header, blob_path(blob), self.open(digest)?)
                .map_err(failed)?;
        }
        let file = archive.into_inner().map_err(failed)?;
        file.as_file().set_permissions(Permissions::from_mode(0o644)).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(path).map_err(|error| failed(error.error))?;
        Ok(())
    }

    fn path(&self, digest: &str) -> PathBuf {
        self.folder.path().join(digest)
    }
}

/// A header of root's, the same on every machine. `time` is in seconds since 1970.
pub fn header(kind: EntryType, mode: u32, size: u64, time: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_mtime(time);
    header.set_uid(0);
    header.set_gid(0);
    header
}

/// The document with its keys in order: the annotations come from a hash map.
fn sorted(document: &impl serde::Serialize) -> Result<serde_json::Value, Error> {
    let mut value = serde_json::to_value(document)?;
    value.sort_all_objects();
    Ok(value)
}

/// The name with its domain and tag, as containerd wants it.
fn full_name(name: &str) -> String {
    let tagged = if name.rsplit('/').next().is_some_and(|last| last.contains(':')) {
        name.to_owned()
    } else {
        format!("{name}:latest")
    };
    match tagged.split_once('/') {
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => tagged,
        Some(_) => format!("{DOMAIN}/{tagged}"),
        None => format!("{DOMAIN}/library/{tagged}"),
    }
}

struct Hashing {
    file: NamedTempFile,
    hash: Sha256,
    size: u64,
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_get_the_domain_and_the_tag_that_containerd_looks_for() {
        assert_eq!(full_name("chainpod/agent:dev"), format!("{DOMAIN}/chainpod/agent:dev"));
        assert_eq!(full_name("agent"), format!("{DOMAIN}/library/agent:latest"));
        assert_eq!(full_name("localhost:5000/agent:1"), "localhost:5000/agent:1");
    }
}
