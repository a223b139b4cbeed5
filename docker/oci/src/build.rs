//! Makes an image of a Dockerfile's instructions.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::Read,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use oci_spec::image::{
    Arch, Config, Descriptor, History, HistoryBuilder, ImageConfiguration,
    ImageConfigurationBuilder, ImageManifestBuilder, MediaType, Os, RootFsBuilder,
};
use tar::{Archive, Builder, EntryType};

use crate::{
    Error,
    dockerfile::{Copy, Instruction},
    store::{Store, header},
};

/// What an image is made of, besides its instructions.
#[derive(Debug, Clone)]
pub struct Request {
    /// The folder that sources are relative to.
    pub context: PathBuf,
    /// The folder of the archives that `FROM` and `--from` name.
    pub images: PathBuf,
    /// The image's name and tag.
    pub name: String,
    /// `amd64` or `arm64`.
    pub architecture: Arch,
    /// The time that everything in the image bears, in seconds since 1970.
    pub time: u64,
}

/// The name of an image's archive in the folder of images: `chainpod/agent:dev` is `agent.tar`.
pub fn archive_name(image: &str) -> String {
    let last = image.rsplit('/').next().unwrap_or(image);
    format!("{}.tar", last.split(':').next().unwrap_or(last))
}

/// Builds the image and writes its archive into the folder of images. Returns the manifest's digest.
///
/// # Errors
///
/// A source is not a file, a base image was not built, or the disk refuses.
pub fn build(request: &Request, instructions: Vec<Instruction>) -> Result<String, Error> {
    let path = request.images.join(archive_name(&request.name));
    let store = Store::beside(&path)?;
    let mut image = Image {
        request,
        store: &store,
        config: Config::default(),
        layers: Vec::new(),
        diffs: Vec::new(),
        history: Vec::new(),
        begun: false,
    };
    for instruction in instructions {
        image.apply(instruction)?;
    }
    if !image.begun {
        return Err(Error::Order);
    }
    image.finish(&path)
}

struct Image<'a> {
    request: &'a Request,
    store: &'a Store,
    config: Config,
    layers: Vec<Descriptor>,
    /// The digests of the layers before compression.
    diffs: Vec<String>,
    history: Vec<History>,
    begun: bool,
}

impl Image<'_> {
    fn apply(&mut self, instruction: Instruction) -> Result<(), Error> {
        if self.begun == matches!(instruction, Instruction::From(_)) {
            return Err(Error::Order);
        }
        match instruction {
            Instruction::From(base) => {
                self.begun = true;
                if let Some(base) = base {
                    self.start_from(&base)?;
                }
            }
            Instruction::Copy(copy) => self.copy(&copy)?,
            Instruction::Env(pairs) => {
                let mut env = self.config.env().clone().unwrap_or_default();
                for (name, value) in pairs {
                    env.retain(|pair| pair.split_once('=').is_none_or(|(other, _)| other != name));
                    env.push(format!("{name}={value}"));
                }
                self.config.set_env(Some(env));
            }
            Instruction::Label(pairs) => {
                let mut labels = self.config.labels().clone().unwrap_or_default();
                labels.extend(pairs);
                self.config.set_labels(Some(labels));
            }
            Instruction::User(user) => {
                self.config.set_user(Some(user));
            }
            Instruction::Workdir(folder) => {
                self.config.set_working_dir(Some(folder));
            }
            Instruction::Entrypoint(words) => {
                self.config.set_entrypoint(Some(words)).set_cmd(None);
            }
            Instruction::Cmd(words) => {
                self.config.set_cmd(Some(words));
            }
            Instruction::Expose(ports) => {
                let mut exposed = self.config.exposed_ports().clone().unwrap_or_default();
                exposed.extend(ports);
                self.config.set_exposed_ports(Some(exposed));
            }
        }
        Ok(())
    }

    fn start_from(&mut self, base: &str) -> Result<(), Error> {
        let path = self.request.images.join(archive_name(base));
        if !path.exists() {
            return Err(Error::NoBase { image: base.to_owned(), path });
        }
        let (manifest, config) = self.store.read(&path)?;
        self.layers.clone_from(manifest.layers());
        self.diffs.clone_from(config.rootfs().diff_ids());
        self.history = config.history().clone().unwrap_or_default();
        self.config = config.config().clone().unwrap_or_default();
        Ok(())
    }

    fn copy(&mut self, copy: &Copy) -> Result<(), Error> {
        let layer = self.store.add(MediaType::ImageLayer, |out| {
            let failed = |source| Error::file(Path::new(&copy.destination), source);
            let mut archive = Builder::new(out);
            let mut folders = BTreeSet::new();
            for source in &copy.sources {
                let path = destination(copy, source);
                for folder in path.ancestors().skip(1).filter(|path| !path.as_os_str().is_empty()) {
                    folders.insert(folder.to_owned());
                }
            }
            for folder in folders {
                let mut header = header(EntryType::Directory, 0o755, 0, self.request.time);
                archive.append_data(&mut header, folder, [].as_slice()).map_err(failed)?;
            }
            for source in &copy.sources {
                let (mode, content) = self.open(copy, source)?;
                let mut header = header(EntryType::Regular, mode, content.size, self.request.time);
                archive
                    .append_data(&mut header, destination(copy, source), content.reader)
                    .map_err(failed)?;
            }
            archive.finish().map_err(failed)
        })?;
        self.diffs.push(layer.digest().to_string());
        // Where on this machine they come from is nobody's business, and must not change the digest.
        let names =
            copy.sources.iter().filter_map(|source| Path::new(source).file_name()?.to_str());
        let text = format!("COPY {} {}", names.collect::<Vec<_>>().join(" "), copy.destination);
        self.history.push(HistoryBuilder::default().created_by(text).build()?);
        self.layers.push(layer);
        Ok(())
    }

    /// A source from the context, or from another image.
    fn open(&self, copy: &Copy, source: &str) -> Result<(u32, Content), Error> {
        if let Some(image) = &copy.from {
            return self.open_in(image, source);
        }
        let path = self.request.context.join(source);
        let failed = |source| Error::file(&path, source);
        let file = File::open(&path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if !metadata.is_file() {
            return Err(Error::NoFile(path));
        }
        // What the mask of the user who built it made of it must not show.
        let mode = if metadata.permissions().mode() & 0o100 == 0 { 0o644 } else { 0o755 };
        Ok((mode, Content { size: metadata.len(), reader: Box::new(file) }))
    }

    fn open_in(&self, image: &str, source: &str) -> Result<(u32, Content), Error> {
        let path = self.request.images.join(archive_name(image));
        if !path.exists() {
            return Err(Error::NoBase { image: image.to_owned(), path });
        }
        let (manifest, _) = self.store.read(&path)?;
        let wanted = Path::new(source.trim_start_matches('/'));
        for layer in manifest.layers().iter().rev() {
            let mut archive = Archive::new(self.store.open(layer.digest().digest())?);
            for entry in archive.entries().map_err(|source| Error::file(&path, source))? {
                let mut entry = entry.map_err(|source| Error::file(&path, source))?;
                let is_wanted = entry.path().is_ok_and(|found| found == wanted);
                if is_wanted && entry.header().entry_type() == EntryType::Regular {
                    let mode =
                        entry.header().mode().map_err(|source| Error::file(&path, source))?;
                    let mut bytes = Vec::new();
                    entry.read_to_end(&mut bytes).map_err(|source| Error::file(&path, source))?;
                    let size = bytes.len() as u64;
                    return Ok((
                        mode,
                        Content { size, reader: Box::new(std::io::Cursor::new(bytes)) },
                    ));
                }
            }
        }
        Err(Error::NoFile(path.join(wanted)))
    }

    fn finish(self, path: &Path) -> Result<String, Error> {
        let document: ImageConfiguration = ImageConfigurationBuilder::default()
            .architecture(self.request.architecture.clone())
            .os(Os::Linux)
            .config(self.config)
            .rootfs(RootFsBuilder::default().typ("layers".to_owned()).diff_ids(self.diffs).build()?)
            .history(self.history)
            .build()?;
        let mut document = serde_json::to_value(&document)?;
        // Labels come from a hash map, whose order is another one each time.
        document.sort_all_objects();
        let config = self.store.add_json(MediaType::ImageConfig, &document)?;
        let manifest = ImageManifestBuilder::default()
            .schema_version(2_u32)
            .media_type(MediaType::ImageManifest)
            .config(config.clone())
            .layers(self.layers.clone())
            .build()?;
        let manifest = self.store.add_json(MediaType::ImageManifest, &manifest)?;
        let mut blobs = self.layers;
        blobs.push(config);
        self.store.write(path, &self.request.name, &manifest, &blobs)?;
        Ok(manifest.digest().to_string())
    }
}

struct Content {
    size: u64,
    reader: Box<dyn Read>,
}

/// The path in the image, without the slash before it.
fn destination(copy: &Copy, source: &str) -> PathBuf {
    let path = Path::new(copy.destination.trim_start_matches('/'));
    if copy.destination.ends_with('/') {
        path.join(Path::new(source).file_name().unwrap_or_default())
    } else {
        path.to_owned()
    }
}

/// Reads a Dockerfile.
///
/// # Errors
///
/// It is not there, or not text.
pub fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|source| Error::file(path, source))
}
