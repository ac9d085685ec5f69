//! Files that a configuration names: pattern lists and error pages.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sluicegate_proto::v1;

/// The largest file that a configuration may name, in bytes.
pub const MAX_NAMED_FILE_BYTES: usize = sluicegate_proto::limits::MAX_BLOB_BYTES;

/// Gives the contents of files that a configuration names.
pub trait Load {
    /// The bytes of `path`, at most `limit` of them.
    ///
    /// # Errors
    /// If there is no such file, it cannot be read, or it is longer.
    fn load(&self, path: &str, limit: usize) -> Result<Vec<u8>, LoadError>;

    /// The names of the files of a folder, sorted.
    ///
    /// # Errors
    /// If there is no such folder, it cannot be read, or it has more than `limit`.
    fn list(&self, path: &str, limit: usize) -> Result<Vec<String>, LoadError> {
        let _ = (path, limit);
        Err(LoadError::Refused)
    }
}

/// Why a file that a configuration names cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// Opening or reading failed.
    #[error("{0}")]
    Io(String),
    /// There is none.
    #[error("No such file or directory")]
    Missing,
    /// Not a regular file.
    #[error("is not a file")]
    NotAFile,
    /// Over the limit.
    #[error("is larger than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// A folder with more files than are read.
    #[error("has more than {limit} files")]
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// Nothing may be read.
    #[error("files cannot be named here")]
    Refused,
}

impl From<io::Error> for LoadError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound {
            return LoadError::Missing;
        }
        // The kernel's words without Rust's "(os error N)".
        let text = error.to_string();
        LoadError::Io(text.split(" (os error").next().unwrap_or_default().to_owned())
    }
}

/// Reads from the file system; a relative path starts at `base`.
#[derive(Clone, Debug)]
pub struct FileLoader {
    base: PathBuf,
}

impl FileLoader {
    /// Relative paths start at `base` (HAProxy: the working directory).
    pub fn new(base: impl Into<PathBuf>) -> Self {
        Self { base: base.into() }
    }
}

impl Load for FileLoader {
    fn load(&self, path: &str, limit: usize) -> Result<Vec<u8>, LoadError> {
        let path = self.base.join(Path::new(path));
        if !path.metadata()?.is_file() {
            return Err(LoadError::NotAFile);
        }
        let mut data = Vec::new();
        let wanted = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        File::open(&path)?.take(wanted).read_to_end(&mut data)?;
        if data.len() > limit {
            return Err(LoadError::TooLarge { limit });
        }
        Ok(data)
    }

    fn list(&self, path: &str, limit: usize) -> Result<Vec<String>, LoadError> {
        let mut names = Vec::new();
        for entry in self.base.join(path).read_dir()? {
            let entry = entry?;
            if !entry.path().is_file() {
                continue;
            }
            let Ok(name) = entry.file_name().into_string() else { continue };
            if names.len() == limit {
                return Err(LoadError::TooMany { limit });
            }
            names.push(name);
        }
        names.sort_unstable();
        Ok(names)
    }
}

/// Refuses every file: for labels and other text that must not read the control plane's disk.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFiles;

impl Load for NoFiles {
    fn load(&self, _: &str, _: usize) -> Result<Vec<u8>, LoadError> {
        Err(LoadError::Refused)
    }
}

/// Content-addressed contents that resources refer to.
#[derive(Clone, Debug, Default)]
pub struct Blobs {
    by_hash: BTreeMap<String, v1::Blob>,
    new: Vec<String>,
}

impl Blobs {
    /// Keeps `data` and gives the hex BLAKE3 that names it.
    pub fn add(&mut self, data: Vec<u8>) -> String {
        self.keep(data, false)
    }

    /// The same for what holds a private key.
    pub fn add_secret(&mut self, data: Vec<u8>) -> String {
        self.keep(data, true)
    }

    fn keep(&mut self, data: Vec<u8>, secret: bool) -> String {
        let name = sluicegate_proto::hash::ContentHash::of(&data).to_string();
        let blob = self.by_hash.entry(name.clone()).or_insert_with(|| v1::Blob { data: data.into(), secret });
        blob.secret |= secret;
        self.new.push(name.clone());
        name
    }

    /// The names given since the last call, so that the caller can tell where each comes from.
    pub fn take_new(&mut self) -> Vec<String> {
        std::mem::take(&mut self.new)
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.by_hash.is_empty()
    }

    /// Every blob with its name, by name.
    pub fn into_blobs(self) -> impl Iterator<Item = (String, v1::Blob)> {
        self.by_hash.into_iter()
    }
}
