//! Notices that the configuration file is another one.

use std::path::PathBuf;

use agent::files;

/// Notices changes of a file by its content, which also finds what Kubernetes does with a mounted
/// `ConfigMap`: it swaps a link two folders above.
#[derive(Debug)]
pub struct ConfigWatch {
    file: Option<PathBuf>,
    last: Option<Vec<u8>>,
}

impl ConfigWatch {
    /// Begins with the file as it is now.
    pub fn new(file: Option<PathBuf>) -> Self {
        let mut watch = Self { file, last: None };
        watch.last = watch.read();
        watch
    }

    /// Whether the file is another one since the last call; one that is gone is not.
    pub fn changed(&mut self) -> bool {
        let now = self.read();
        if now.is_none() || now == self.last {
            return false;
        }
        self.last = now;
        true
    }

    fn read(&self) -> Option<Vec<u8>> {
        files::read(self.file.as_ref()?).ok().flatten()
    }
}
