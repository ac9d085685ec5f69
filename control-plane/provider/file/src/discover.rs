//! Which files a command line means, and what each of them is.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Most files of one folder.
const MAX_FILES: usize = 10_000;
/// Largest file that is read; the languages have limits of their own below it.
const MAX_BYTES: u64 = 64 << 20;
/// How much of a file tells its language.
const SNIFFED_BYTES: usize = 64 << 10;

/// What a file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// HAProxy's configuration language: `*.cfg`.
    Haproxy,
    /// Manifests: `*.yaml`, `*.yml`.
    Manifest,
}

/// What can be read but once, by path: pipes (`/dev/stdin`, `<(...)` of a shell). Copies share what they hold, so that a
/// later reading has what the first one read.
#[derive(Debug, Clone, Default)]
pub struct Once(Arc<Mutex<BTreeMap<PathBuf, Arc<[u8]>>>>);

impl Once {
    /// Whether something was read that cannot be read again.
    pub fn is_used(&self) -> bool {
        !self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// What a path gave, read now where it has not been.
    fn read(&self, path: &Path) -> Result<Arc<[u8]>, Unreadable> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = known.get(path) {
            return Ok(Arc::clone(bytes));
        }
        let bytes: Arc<[u8]> = read(path)?.into();
        known.insert(path.to_owned(), Arc::clone(&bytes));
        Ok(bytes)
    }

    /// The contents of a found file.
    ///
    /// # Errors
    /// It cannot be read, or is too large.
    pub fn contents(&self, path: &Path) -> Result<Arc<[u8]>, Unreadable> {
        if is_stream(path) { self.read(path) } else { read(path).map(Arc::from) }
    }
}

/// Whether a path leads to what gives its bytes once: a pipe or a device. Such a thing is not watched.
pub fn is_stream(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|kind| kind.file_type().is_fifo() || kind.file_type().is_char_device())
}

/// A file to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// As given, or the folder's path with the file's name.
    pub path: PathBuf,
    /// What it is written in.
    pub language: Language,
}

/// A path that leads to no configuration.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Nothing there.
    #[error("{path}: there is no such file or folder", path = path.display())]
    Missing {
        /// The path given.
        path: PathBuf,
    },
    /// The system refuses.
    #[error("{path}: {error}", path = path.display())]
    Io {
        /// The path given.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A socket or a disk.
    #[error("{path}: neither a file nor a folder", path = path.display())]
    Special {
        /// The path given.
        path: PathBuf,
    },
    /// A folder without a file that would be read.
    #[error("{path}: the folder holds no file named *.cfg, *.yaml or *.yml", path = path.display())]
    EmptyFolder {
        /// The path given.
        path: PathBuf,
    },
    /// A folder with too many files.
    #[error("{path}: the folder holds more than {MAX_FILES} files", path = path.display())]
    TooMany {
        /// The path given.
        path: PathBuf,
    },
    /// Neither name nor content tells.
    #[error("{path}: neither its name nor its content tells what it is; give --format haproxy or --format manifest", path = path.display())]
    Unknown {
        /// The path given.
        path: PathBuf,
    },
    /// Over the limit.
    #[error("{path}: {bytes} bytes is more than a configuration may have ({MAX_BYTES})", path = path.display())]
    TooLarge {
        /// The path given.
        path: PathBuf,
        /// Its size, or the limit where it grew while it was read.
        bytes: u64,
    },
}

/// Finds the files behind `paths`, in the order given; those of a folder by name, hidden ones left out.
///
/// With `forced`, all files are of that language, and a folder gives what HAProxy's `-f` would: its `*.cfg` files, not
/// those of folders within. As there, such a folder may be empty beside something that is not (distributions start
/// HAProxy with an empty `conf.d`).
///
/// # Errors
/// All paths that lead to no configuration.
pub fn discover(
    paths: &[PathBuf],
    forced: Option<Language>,
    once: &Once,
) -> Result<Vec<Found>, Vec<Unreadable>> {
    let (mut found, mut errors, mut empty) = (Vec::new(), Vec::new(), Vec::new());
    for path in paths {
        match visit(path, forced, once) {
            Ok(files) => found.extend(files),
            Err(error @ Unreadable::EmptyFolder { .. }) if forced.is_some() => empty.push(error),
            Err(error) => errors.push(error),
        }
    }
    if found.is_empty() {
        errors.append(&mut empty);
    }
    if errors.is_empty() { Ok(found) } else { Err(errors) }
}

fn visit(path: &Path, forced: Option<Language>, once: &Once) -> Result<Vec<Found>, Unreadable> {
    let kind = fs::metadata(path).map_err(|error| unreadable(path, error))?;
    if kind.is_dir() {
        return folder(path, forced);
    }
    let stream = is_stream(path);
    if !kind.is_file() && !stream {
        return Err(Unreadable::Special { path: path.to_owned() });
    }
    let language = match forced.or_else(|| by_name(path)) {
        Some(language) => language,
        None if stream => by_content(path, &once.read(path)?)?,
        None => by_content(path, &start(path)?)?,
    };
    Ok(vec![Found { path: path.to_owned(), language }])
}

fn folder(path: &Path, forced: Option<Language>) -> Result<Vec<Found>, Unreadable> {
    let mut found = Vec::new();
    for entry in fs::read_dir(path).map_err(|error| unreadable(path, error))? {
        let file = entry.map_err(|error| unreadable(path, error))?.path();
        let hidden = file.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        let Some(language) = by_name(&file).filter(|_| !hidden && file.is_file()) else { continue };
        if forced.is_none_or(|forced| forced == language) {
            found.push(Found { path: file, language });
        }
        if found.len() > MAX_FILES {
            return Err(Unreadable::TooMany { path: path.to_owned() });
        }
    }
    if found.is_empty() {
        return Err(Unreadable::EmptyFolder { path: path.to_owned() });
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn by_name(path: &Path) -> Option<Language> {
    match path.extension().and_then(OsStr::to_str)? {
        "cfg" => Some(Language::Haproxy),
        "yaml" | "yml" => Some(Language::Manifest),
        _ => None,
    }
}

/// The first line that is neither blank nor a comment tells: a section of HAProxy's, or a key of YAML.
fn by_content(path: &Path, start: &[u8]) -> Result<Language, Unreadable> {
    let text = String::from_utf8_lossy(&start[..start.len().min(SNIFFED_BYTES)]);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    let word = line.and_then(|line| line.split_whitespace().next()).unwrap_or_default();
    if sluicegate_haproxy::sections::is_section(word) || word.starts_with('.') {
        Ok(Language::Haproxy)
    } else if word == "---" || word.ends_with(':') {
        Ok(Language::Manifest)
    } else {
        Err(Unreadable::Unknown { path: path.to_owned() })
    }
}

/// The beginning of a file.
fn start(path: &Path) -> Result<Vec<u8>, Unreadable> {
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(SNIFFED_BYTES as u64).read_to_end(&mut start));
    read.map_err(|error| unreadable(path, error))?;
    Ok(start)
}

/// Reads a whole file within the limit.
///
/// # Errors
/// It cannot be read, or is too large.
pub fn read(path: &Path) -> Result<Vec<u8>, Unreadable> {
    let file = File::open(path).map_err(|error| unreadable(path, error))?;
    let size = file.metadata().map_err(|error| unreadable(path, error))?.len();
    if size > MAX_BYTES {
        return Err(Unreadable::TooLarge { path: path.to_owned(), bytes: size });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| unreadable(path, error))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Unreadable::TooLarge { path: path.to_owned(), bytes: MAX_BYTES });
    }
    Ok(bytes)
}

fn unreadable(path: &Path, error: io::Error) -> Unreadable {
    let path = path.to_owned();
    match error.kind() {
        io::ErrorKind::NotFound => Unreadable::Missing { path },
        _ => Unreadable::Io { path, error },
    }
}

#[cfg(test)]
mod tests;
