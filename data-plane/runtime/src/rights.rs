//! Letting go of root's rights.
//!
//! To the kernel, user, groups and capabilities are each thread's own (credentials(7)). The C library changes user and
//! groups of all threads at once; capabilities are changed here by a signal to each thread. What stays is
//! CAP_NET_BIND_SERVICE, so that ports below 1024 of a later configuration can be bound, and what else is asked for.

#![allow(unsafe_code)]

use std::fs;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::time::{Duration, Instant};

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::unistd::{Gid, Uid, User, getegid, geteuid, setgid, setgroups, setuid};

/// linux/capability.h: CAP_NET_BIND_SERVICE.
const BIND_SERVICE: u32 = 1 << 10;
/// linux/capability.h: CAP_NET_RAW.
const RAW: u32 = 1 << 13;
/// linux/capability.h: _LINUX_CAPABILITY_VERSION_3, with two words of each set.
const VERSION: u32 = 0x2008_0522;
/// Nobody else uses it here, and a person who sends it changes nothing.
const SIGNAL: Signal = Signal::SIGURG;
/// How long threads may take to hear of it.
const PATIENCE: Duration = Duration::from_secs(5);

/// The capabilities that stay.
static KEPT: AtomicU32 = AtomicU32::new(BIND_SERVICE);
/// Programs that this one starts may gain rights.
static MAY_GAIN: AtomicBool = AtomicBool::new(false);

/// A user and a group of this host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Identity {
    /// `None`: the one that the process has.
    pub user: Option<Uid>,
    /// The same.
    pub group: Option<Gid>,
}

impl Identity {
    /// The user of this name or number, with the group that goes with it.
    fn named(name: &str) -> Option<Self> {
        let found = match name.parse() {
            Ok(number) => User::from_uid(Uid::from_raw(number)),
            Err(_) => User::from_name(name),
        };
        let user = found.ok().flatten()?;
        Some(Self { user: Some(user.uid), group: Some(user.gid) })
    }

    /// Whom root becomes that is told this name; for all others, and without a name, nobody else. An image has such a name, and
    /// may be started as somebody else. `None` where the host has no such user.
    pub fn for_root(name: &str) -> Option<Self> {
        if geteuid().is_root() && !name.is_empty() { Self::named(name) } else { Some(Self::default()) }
    }

    /// Whether the process is another now.
    fn is_news(self) -> bool {
        self.user.is_some_and(|user| user != geteuid()) || self.group.is_some_and(|group| group != getegid())
    }
}

/// What stays beside the right to bind low ports.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// CAP_NET_RAW: connections may leave from addresses that are not this host's.
    pub raw: bool,
    /// Groups beside that of the identity.
    pub groups: Vec<Gid>,
    /// Programs that this one starts may gain rights.
    pub may_gain: bool,
    /// The kernel may write a core file.
    pub dumpable: bool,
}

/// Why the process is not who it was to be.
#[derive(Debug, thiserror::Error)]
pub enum KeptRights {
    /// A system call failed.
    #[error("{what}: {error}")]
    Call {
        /// What it was for.
        what: &'static str,
        /// Why.
        error: io::Error,
    },
    /// A thread has rights that it must not have.
    #[error("thread {0} keeps its rights")]
    Thread(String),
}

/// Before there are threads: they inherit that capabilities outlive the change of the user.
pub fn prepare(identity: Identity) {
    if identity.user.is_some() && geteuid().is_root() {
        // SAFETY: a flag of this thread; no memory is passed.
        unsafe { libc::prctl(libc::PR_SET_KEEPCAPS, 1, 0, 0, 0) };
    }
}

/// Becomes that user and group, for good, and keeps of all capabilities the one to bind low ports, and what else is said.
///
/// A process that is not root's has nothing to let go of: that is told, and nothing else.
///
/// # Errors
/// The kernel refuses, or a thread would keep rights.
pub fn let_go(identity: Identity, kept: &Kept) -> Result<(), KeptRights> {
    if !identity.is_news() {
        return Ok(());
    }
    if !geteuid().is_root() {
        tracing::warn!(
            user = %geteuid(),
            group = %getegid(),
            "`user` and `group` have no effect: only root can become somebody else"
        );
        return Ok(());
    }
    MAY_GAIN.store(kept.may_gain, SeqCst);
    if kept.raw {
        KEPT.fetch_or(RAW, SeqCst);
    }
    let call = |what| move |error: nix::Error| KeptRights::Call { what, error: error.into() };
    setgroups(&kept.groups).map_err(call("giving up all other groups"))?;
    if let Some(group) = identity.group {
        setgid(group).map_err(call("changing the group"))?;
    }
    if let Some(user) = identity.user {
        setuid(user).map_err(call("changing the user"))?;
        shed_everywhere()?;
    }
    if kept.dumpable {
        // SAFETY: a flag of this process; no memory is passed.
        unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 1, 0, 0, 0) };
    }
    let (user, group) = (geteuid(), getegid());
    tracing::info!(%user, %group, "root's rights are let go of, but for binding low ports");
    Ok(())
}

/// Takes all capabilities but [`KEPT`] from every thread.
fn shed_everywhere() -> Result<(), KeptRights> {
    let call = |what| move |error: nix::Error| KeptRights::Call { what, error: error.into() };
    let action = SigAction::new(SigHandler::Handler(shed), SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: the handler makes system calls alone, and leaves `errno` as it was (signal-safety(7)).
    let before = unsafe { sigaction(SIGNAL, &action) }.map_err(call("handling a signal"))?;
    let end = Instant::now() + PATIENCE;
    let outcome = loop {
        // A thread may have been started meanwhile by one that still had rights.
        let Some(thread) = tell_threads() else { break Ok(()) };
        if Instant::now() > end {
            break Err(KeptRights::Thread(thread));
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    if outcome.is_ok() {
        // SAFETY: the disposition that was there before.
        unsafe { sigaction(SIGNAL, &before) }.map_err(call("leaving a signal alone"))?;
    }
    outcome
}

/// Signals the threads that have more than [`KEPT`]; one of them.
fn tell_threads() -> Option<String> {
    let mut last = None;
    let threads = match fs::read_dir("/proc/self/task") {
        Ok(threads) => threads,
        Err(error) => return Some(format!("(unknown: {error})")),
    };
    for thread in threads.flatten() {
        let Ok(status) = fs::read_to_string(thread.path().join("status")) else { continue };
        let set = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            u64::from_str_radix(line.trim(), 16).ok()
        };
        let over = |name: &str| set(name).is_none_or(|rights| rights & !u64::from(KEPT.load(SeqCst)) != 0);
        // Those that may have it use it.
        let lacks = set("CapEff:") != set("CapPrm:");
        if over("CapPrm:") || over("CapEff:") || lacks {
            let name = thread.file_name().to_string_lossy().into_owned();
            if let Ok(id) = name.parse::<libc::pid_t>() {
                // SAFETY: no memory is passed; a thread that is gone is an error that means nothing.
                unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), id, SIGNAL as libc::c_int) };
            }
            last = Some(name);
        }
    }
    last
}

/// In each thread: keeps [`KEPT`] of what it has.
extern "C" fn shed(_: libc::c_int) {
    #[repr(C)]
    struct Header {
        version: u32,
        pid: i32,
    }
    #[repr(C)]
    #[derive(Clone, Copy, Default)]
    struct Sets {
        effective: u32,
        permitted: u32,
        inheritable: u32,
    }
    let header = Header { version: VERSION, pid: 0 };
    let mut sets = [Sets::default(); 2];
    // SAFETY: capget(2) and capset(2) of version 3 take a header and two sets, which live until the calls return; `errno`
    // is this thread's own.
    unsafe {
        let errno = libc::__errno_location();
        let before = *errno;
        libc::syscall(libc::SYS_capget, &raw const header, sets.as_mut_ptr());
        let kept = sets[0].permitted & KEPT.load(SeqCst);
        let sets = [Sets { effective: kept, permitted: kept, inheritable: 0 }, Sets::default()];
        libc::syscall(libc::SYS_capset, &raw const header, sets.as_ptr());
        if !MAY_GAIN.load(SeqCst) {
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        }
        *errno = before;
    }
}
