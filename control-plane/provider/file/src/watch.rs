//! Tells when a set of files has changed and has come to rest.
//!
//! A file is watched through its folder (an editor replaces the inode, Kubernetes swaps a link) and through its inode (a
//! bind mount of a single file sees writes to the inode, and nothing else). Events only say "look again": what counts is
//! the fingerprint of what the path leads to now, so that an event that is lost costs two seconds and no change.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

pub use notify::Error;
use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// How often paths are looked at without an event: file systems without inotify, and lost events.
const POLL: Duration = Duration::from_secs(2);
/// How long a file must stay as it is before it is read.
const QUIET: Duration = Duration::from_millis(40);
/// A writer that neither writes nor closes for this long no longer holds up the reader.
const WRITER_PATIENCE: Duration = Duration::from_secs(1);

/// Watches paths; [`Watch::changed`] returns when their contents are new and at rest.
#[derive(Debug)]
pub struct Watch {
    inner: RecommendedWatcher,
    signals: Arc<Signals>,
    watched: BTreeSet<PathBuf>,
    seen: Seen,
    patience: Duration,
}

/// What paths led to when they were about to be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen(BTreeMap<PathBuf, Fingerprint>);

impl Seen {
    /// Notes what `path` leads to now, unless it has been noted before. To be called before it is read: what changes
    /// while it is read is then told.
    pub fn note(&mut self, path: &Path) {
        if !self.0.contains_key(path) {
            self.0.insert(path.to_owned(), fingerprint(path));
        }
    }

    /// The paths, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.keys().map(PathBuf::as_path)
    }
}

/// What the thread of the notification library leaves for the watching task.
#[derive(Debug, Default)]
struct Signals {
    woken: Notify,
    /// Files written to and not yet closed, with the time of the last write.
    writers: Mutex<HashMap<PathBuf, Instant>>,
}

/// Identity and version of what a path leads to; `None` where there is nothing.
type Fingerprint = Option<(u64, u64, u64, i64, i64)>;

impl Watch {
    /// Starts with no paths.
    ///
    /// # Errors
    /// The kernel refuses an inotify instance.
    pub fn start() -> notify::Result<Self> {
        let signals = Arc::new(Signals::default());
        let told = Arc::clone(&signals);
        let inner = notify::recommended_watcher(move |event: notify::Result<Event>| told.take(event))?;
        Ok(Self {
            inner,
            signals,
            watched: BTreeSet::new(),
            seen: Seen::default(),
            patience: WRITER_PATIENCE,
        })
    }

    /// Watches just these paths from now on. What differs from `seen` is told, also where it changed before this call.
    pub fn follow(&mut self, seen: Seen) {
        let mut wanted = BTreeSet::new();
        for path in seen.paths() {
            wanted.extend(places(path));
        }
        for gone in self.watched.difference(&wanted) {
            // The inode may be gone, and its watch with it.
            let _ = self.inner.unwatch(gone);
        }
        let mut watched = BTreeSet::new();
        for place in wanted {
            // A replaced inode leaves a dead watch under a live path: always watch anew. What cannot be watched is polled.
            if self.inner.watch(&place, RecursiveMode::NonRecursive).is_ok() {
                watched.insert(place);
            }
        }
        self.watched = watched;
        self.seen = seen;
    }

    /// Waits until what the paths lead to differs from what was seen, and until no one is writing to it.
    ///
    /// Cancelling it loses nothing.
    pub async fn changed(&mut self) {
        loop {
            if self.look().is_some() {
                break;
            }
            // An elapsed poll looks again just as an event does.
            let _ = timeout(POLL, self.signals.woken.notified()).await;
        }
        while let Some(wait) = self.unrest() {
            sleep(wait).await;
        }
    }

    fn look(&self) -> Option<&PathBuf> {
        self.seen.0.iter().find(|(path, seen)| fingerprint(path) != **seen).map(|(path, _)| path)
    }

    /// How long to wait before looking again, while files still move.
    fn unrest(&self) -> Option<Duration> {
        let now = Instant::now();
        let mut writers = self.signals.writers.lock().unwrap_or_else(PoisonError::into_inner);
        writers.retain(|_, last| now.duration_since(*last) < self.patience);
        if self.seen.paths().any(|path| writers.contains_key(path)) {
            return Some(QUIET);
        }
        let youngest = self.seen.paths().filter_map(age).min()?;
        QUIET.checked_sub(youngest).filter(|rest| !rest.is_zero())
    }
}

impl Signals {
    fn take(&self, event: notify::Result<Event>) {
        let Ok(event) = event else {
            self.woken.notify_one();
            return;
        };
        let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
        match event.kind {
            EventKind::Modify(ModifyKind::Data(_)) => {
                writers.extend(event.paths.into_iter().map(|path| (path, Instant::now())));
            }
            EventKind::Access(AccessKind::Close(AccessMode::Write)) => {
                for path in &event.paths {
                    writers.remove(path);
                }
            }
            EventKind::Access(_) => return,
            _ => {}
        }
        drop(writers);
        self.woken.notify_one();
    }
}

/// What to watch for one path: itself, its folder and, where it is a link, the folder that the link leads to.
fn places(path: &Path) -> Vec<PathBuf> {
    let mut places = vec![path.to_owned(), folder(path)];
    if let Ok(target) = path.canonicalize() {
        places.push(folder(&target));
    }
    places
}

fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn fingerprint(path: &Path) -> Fingerprint {
    let found = std::fs::metadata(path).ok()?;
    Some((found.dev(), found.ino(), found.size(), found.mtime(), found.mtime_nsec()))
}

fn age(path: &Path) -> Option<Duration> {
    std::fs::metadata(path).ok()?.modified().ok()?.elapsed().ok()
}

/// Whether `path` itself is a mount point: a container's mount of a single file follows the inode, so that an editor
/// that replaces the file on the host is never seen inside.
///
/// # Errors
/// `/proc/self/mountinfo` cannot be read.
pub fn is_mount_point(path: &Path) -> io::Result<bool> {
    let path = path.canonicalize()?;
    let mounts = std::fs::read_to_string("/proc/self/mountinfo")?;
    // proc(5): the fifth field is the mount point, with blanks as octal escapes.
    Ok(mounts
        .lines()
        .filter_map(|line| line.split(' ').nth(4))
        .any(|field| unescape(field) == path.as_os_str().as_encoded_bytes()))
}

fn unescape(field: &str) -> Vec<u8> {
    let bytes = field.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let code = bytes.get(at + 1..at + 4).and_then(|digits| std::str::from_utf8(digits).ok());
        match code.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(code) if byte == b'\\' => {
                out.push(code);
                at += 4;
            }
            _ => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests;
