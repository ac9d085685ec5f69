//! The last good snapshot on disk: what a proxy serves from when it starts while its control plane is away.
//!
//! One file, private to the user, replaced whole: written beside, synced, renamed. Its head carries a mark, the version
//! of the schema, the length and the hash of what follows, a `v1.Update` from nothing.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use prost::Message;
use sluicegate_proto::SCHEMA;
use sluicegate_proto::chunk::{self, InvalidChunk};
use sluicegate_proto::limits::MAX_UPDATE_BYTES;
use sluicegate_proto::v1::Update;

const SNAPSHOT: &str = "snapshot";
const PROXY_ID: &str = "proxy-id";
const LOCK: &str = "lock";
const MARK: [u8; 16] = *b"sluicegate-state";
const HEAD_BYTES: usize = MARK.len() + 4 + 8 + 32;
/// Longest id of a proxy that the control plane takes.
const MAX_ID_BYTES: u64 = 128;

/// Why the state directory is of no use.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file system says no.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Two processes, one directory.
    #[error("{}: another proxy uses this directory", .0.display())]
    InUse(PathBuf),
    /// A snapshot that is not whole.
    #[error("{}: {reason}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: Corruption,
    },
}

/// What is wrong with a saved snapshot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Corruption {
    /// Shorter than its head.
    #[error("no saved snapshot: too short")]
    Short,
    /// Another kind of file.
    #[error("no saved snapshot: the mark is missing")]
    Mark,
    /// Of a build with another schema.
    #[error("saved under schema {0}, this build reads {SCHEMA}")]
    Schema(u32),
    /// Longer than any update.
    #[error("{0} bytes long, the limit is {MAX_UPDATE_BYTES}")]
    TooLong(u64),
    /// Cut off, or with something behind it.
    #[error("{wanted} bytes were saved, there are {got}")]
    Length {
        /// In the head.
        wanted: u64,
        /// Behind it.
        got: u64,
    },
    /// Changed.
    #[error("the checksum differs")]
    Checksum,
    /// Not readable in spite of all that.
    #[error(transparent)]
    Update(#[from] InvalidChunk),
    /// Not a whole snapshot.
    #[error("a part of a snapshot, or one without a generation")]
    Partial,
}

/// A directory that belongs to one proxy for as long as this value lives.
#[derive(Debug)]
pub struct StateDir {
    path: PathBuf,
    _lock: File,
}

impl StateDir {
    /// Takes the directory, which is made (0700) where it is missing.
    ///
    /// # Errors
    /// Where another process has it, or it cannot be written.
    pub fn open(path: &Path) -> Result<Self, StateError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(|source| io_error(path, source))?;
        let lock_path = path.join(LOCK);
        let lock = private(OpenOptions::new().create(true).truncate(false))
            .open(&lock_path)
            .map_err(|source| io_error(&lock_path, source))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(fs::TryLockError::WouldBlock) => Err(StateError::InUse(path.to_owned())),
            Err(fs::TryLockError::Error(source)) => Err(io_error(&lock_path, source)),
        }
    }

    /// The id that was used here first; `fresh` becomes it where there was none.
    ///
    /// # Errors
    /// Where it cannot be read or written.
    pub fn proxy_id(&self, fresh: &str) -> Result<String, StateError> {
        let path = self.path.join(PROXY_ID);
        let mut id = String::new();
        let known = File::open(&path).and_then(|file| file.take(MAX_ID_BYTES).read_to_string(&mut id));
        match known {
            Ok(_) if !id.is_empty() => Ok(id),
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(io_error(&path, source)),
            _ => {
                self.replace(PROXY_ID, &[fresh.as_bytes()])?;
                Ok(fresh.to_owned())
            }
        }
    }

    /// Saves a whole snapshot: an update from nothing, with its generation.
    ///
    /// # Errors
    /// Where it cannot be written; what was saved before is untouched.
    pub fn save(&self, snapshot: &Update) -> Result<(), StateError> {
        let content = snapshot.encode_to_vec();
        let mut head = Vec::with_capacity(HEAD_BYTES);
        head.extend(MARK);
        head.extend(SCHEMA.to_le_bytes());
        head.extend((content.len() as u64).to_le_bytes());
        head.extend(blake3::hash(&content).as_bytes());
        self.replace(SNAPSHOT, &[&head, &content])
    }

    /// The snapshot saved last; `None` where there is none.
    ///
    /// # Errors
    /// Where it cannot be read or is not whole: the proxy starts without it.
    pub fn load(&self) -> Result<Option<Update>, StateError> {
        let path = self.path.join(SNAPSHOT);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(io_error(&path, source)),
        };
        match read(file) {
            Ok(Ok(update)) => Ok(Some(update)),
            Ok(Err(reason)) => Err(StateError::Corrupt { path, reason }),
            Err(source) => Err(io_error(&path, source)),
        }
    }

    fn replace(&self, name: &str, parts: &[&[u8]]) -> Result<(), StateError> {
        let path = self.path.join(name);
        let beside = self.path.join(format!("{name}.new"));
        let write = || {
            // Not followed where something else stands there.
            match fs::remove_file(&beside) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let mut file = private(OpenOptions::new().create_new(true)).open(&beside)?;
            parts.iter().try_for_each(|part| file.write_all(part))?;
            file.sync_all()?;
            fs::rename(&beside, &path)?;
            // The name too must be on disk.
            File::open(&self.path)?.sync_all()
        };
        write().map_err(|source| io_error(&path, source))
    }
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options.write(true).mode(0o600)
}

fn io_error(path: &Path, source: io::Error) -> StateError {
    StateError::Io { path: path.to_owned(), source }
}

fn read(file: File) -> io::Result<Result<Update, Corruption>> {
    let mut head = Vec::with_capacity(HEAD_BYTES);
    (&file).take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    let (wanted, checksum) = match parse_head(&head) {
        Ok(head) => head,
        Err(corruption) => return Ok(Err(corruption)),
    };
    let mut content = Vec::new();
    (&file).take(wanted + 1).read_to_end(&mut content)?;
    Ok(parse(content, wanted, &checksum))
}

fn parse_head(head: &[u8]) -> Result<(u64, [u8; 32]), Corruption> {
    let (mark, rest) = head.split_at_checked(MARK.len()).ok_or(Corruption::Short)?;
    if mark != MARK {
        return Err(Corruption::Mark);
    }
    let (schema, rest) = rest.split_first_chunk().ok_or(Corruption::Short)?;
    let schema = u32::from_le_bytes(*schema);
    if schema != SCHEMA {
        return Err(Corruption::Schema(schema));
    }
    let (length, rest) = rest.split_first_chunk().ok_or(Corruption::Short)?;
    let length = u64::from_le_bytes(*length);
    if length > MAX_UPDATE_BYTES as u64 {
        return Err(Corruption::TooLong(length));
    }
    let checksum = rest.first_chunk().ok_or(Corruption::Short)?;
    Ok((length, *checksum))
}

fn parse(content: Vec<u8>, wanted: u64, checksum: &[u8; 32]) -> Result<Update, Corruption> {
    if content.len() as u64 != wanted {
        return Err(Corruption::Length { wanted, got: content.len() as u64 });
    }
    if blake3::hash(&content) != *checksum {
        return Err(Corruption::Checksum);
    }
    let update = chunk::decode(content.into())?;
    if !update.base.is_empty() || update.generation.is_none() {
        return Err(Corruption::Partial);
    }
    Ok(update)
}

#[cfg(test)]
mod tests;
