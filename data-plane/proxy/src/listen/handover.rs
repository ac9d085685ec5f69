//! Listening sockets that pass from a process to the one that relieves it: what waits in their queues is nobody's loss.
//!
//! A process has an abstract unix socket named after its number. Whoever connects to it, and belongs to the user that the
//! process was started by, or to root, is sent the sockets themselves (unix(7), SCM_RIGHTS), and nothing else: what they
//! listen on is asked of them. The name is of the network, as the sockets are: from another network namespace it cannot be
//! found.
#![allow(unsafe_code)]

use std::io::{self, IoSlice, IoSliceMut};
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use nix::cmsg_space;
use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg};
use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use nix::unistd::geteuid;
use sluicegate_model::listener::{Socket as Wanted, UnixName};
use socket2::{Domain, Socket, Type};
use tokio::io::Interest;
use tokio::net::UnixListener;
use tokio::time::{sleep, timeout};

use super::bind::Half;
use crate::upstream::unix_address;

/// Sockets in a message: the kernel takes 253 at most (unix(7): SCM_MAX_FD).
const TOGETHER: usize = 128;
/// Messages that are read of one process: as many listeners as it may have, on many workers.
const MESSAGES: usize = 4096;
/// Time for the other process to say its next word.
const PATIENCE: Duration = Duration::from_secs(2);
/// Pause after a caller could not be heard: the host ran out of descriptors or memory.
const PAUSE: Duration = Duration::from_millis(100);
/// Callers that may wait.
const CALLERS: i32 = 8;

fn name(pid: u32) -> UnixName {
    UnixName::Abstract(format!("sluicegate-listeners-{pid}").into_bytes().into())
}

/// Where successors call.
#[derive(Debug)]
pub(crate) struct Porch {
    listener: UnixListener,
    /// The user that this process was started by: it may become another one.
    user: u32,
}

impl Porch {
    /// # Errors
    /// Where the name is taken.
    pub(crate) fn open() -> io::Result<Self> {
        let socket = Socket::new(Domain::UNIX, Type::STREAM.nonblocking(), None)?;
        socket.bind(&unix_address(&name(std::process::id()))?)?;
        socket.listen(CALLERS)?;
        let listener = UnixListener::from_std(OwnedFd::from(socket).into())?;
        Ok(Self { listener, user: geteuid().as_raw() })
    }

    /// The next one that may have the sockets.
    pub(crate) async fn caller(&self) -> Caller {
        loop {
            let Ok((stream, _)) = self.listener.accept().await else {
                sleep(PAUSE).await;
                continue;
            };
            match stream.peer_cred() {
                Ok(peer) if peer.uid() == self.user || peer.uid() == 0 => return Caller(stream),
                peer => tracing::warn!(?peer, "asks for the listening sockets, and is not given them"),
            }
        }
    }
}

/// A process that relieves this one.
#[derive(Debug)]
pub(crate) struct Caller(tokio::net::UnixStream);

impl Caller {
    /// Sends the sockets, each once; tells how many.
    ///
    /// # Errors
    /// Where the other end does not take them in time.
    pub(crate) async fn give(self, halves: &[Half]) -> io::Result<usize> {
        let listening = halves.iter().filter(|half| !matches!(half, Half::Udp(_)));
        let mut sockets: Vec<RawFd> = listening.map(|half| half.socket().as_raw_fd()).collect();
        sockets.sort_unstable();
        sockets.dedup();
        let sent = async {
            for some in sockets.chunks(TOGETHER) {
                self.0.async_io(Interest::WRITABLE, || send(&self.0, some)).await?;
            }
            Ok(sockets.len())
        };
        timeout(PATIENCE, sent).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

fn send(stream: &impl AsRawFd, sockets: &[RawFd]) -> io::Result<()> {
    let (word, rights) = ([IoSlice::new(b"s")], [ControlMessage::ScmRights(sockets)]);
    sendmsg::<()>(stream.as_raw_fd(), &word, &rights, MsgFlags::MSG_NOSIGNAL, None)?;
    Ok(())
}

/// Listening sockets of the processes that this one relieves. What is dropped of them stays theirs.
#[derive(Debug)]
pub(crate) struct Inherited {
    sockets: Vec<Socket>,
}

impl Inherited {
    /// Where nobody is relieved.
    pub(crate) const NONE: Self = Self { sockets: Vec::new() };

    /// Asks each of these processes. One that has none to give shares its ports all the same, where they can be shared.
    pub(crate) fn of(predecessors: &[u32]) -> Self {
        let mut sockets = Vec::new();
        for pid in predecessors {
            match ask(*pid) {
                Ok(given) => sockets.extend(given),
                Err(error) => tracing::info!(
                    pid,
                    %error,
                    "the process before this one hands over no listening socket: what waits in its queues when it goes is lost"
                ),
            }
        }
        Self { sockets }
    }

    /// Those that are bound as this is wanted to be.
    pub(super) fn at(&self, address: SocketAddr, wanted: &Wanted) -> Vec<Half> {
        let same = |socket: &&Socket| {
            let local = socket.local_addr().ok().and_then(|local| local.as_socket());
            let families = !address.is_ipv6() || socket.only_v6().is_ok_and(|only| only != wanted.dual_stack);
            local == Some(address) && families && device(socket) == wanted.interface.as_deref().map(Vec::from)
        };
        self.sockets
            .iter()
            .filter(same)
            .filter_map(|socket| Some(Half::tcp(socket.try_clone().ok()?)))
            .collect()
    }

    /// The one of this name in the abstract name space.
    pub(super) fn named(&self, name: &[u8]) -> Option<Socket> {
        let same = |socket: &&Socket| {
            let local = socket.local_addr();
            local.is_ok_and(|local| local.as_abstract_namespace() == Some(name))
        };
        self.sockets.iter().find(same)?.try_clone().ok()
    }
}

/// The interface that a socket is bound to.
fn device(socket: &Socket) -> Option<Vec<u8>> {
    let name = socket.device().ok().flatten()?;
    Some(name.into_iter().take_while(|byte| *byte != 0).collect())
}

fn ask(pid: u32) -> io::Result<Vec<Socket>> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    socket.connect(&unix_address(&name(pid))?)?;
    let stream = UnixStream::from(OwnedFd::from(socket));
    // The name is anybody's to take.
    let owner = getsockopt(&stream, PeerCredentials)?.pid();
    if u32::try_from(owner) != Ok(pid) {
        return Err(io::Error::other(format!("process {owner} has its name")));
    }
    let mut sockets = Vec::new();
    for _ in 0..MESSAGES {
        let given = receive(&stream)?;
        if given.is_empty() {
            break;
        }
        let listens = |socket: &Socket| socket.is_listener().unwrap_or(false);
        sockets.extend(given.into_iter().map(Socket::from).filter(listens));
    }
    Ok(sockets)
}

/// The next of them; none: these were all.
fn receive(stream: &UnixStream) -> io::Result<Vec<OwnedFd>> {
    let mut word = [0];
    let mut rights = cmsg_space!([RawFd; TOGETHER]);
    let mut parts = [IoSliceMut::new(&mut word)];
    let message =
        recvmsg::<()>(stream.as_raw_fd(), &mut parts, Some(&mut rights), MsgFlags::MSG_CMSG_CLOEXEC)?;
    let given = message.cmsgs()?.filter_map(|part| match part {
        ControlMessageOwned::ScmRights(given) => Some(given),
        _ => None,
    });
    // SAFETY: the kernel has opened these descriptors for this process with this message; nobody else knows of them.
    Ok(given.flatten().map(|number| unsafe { OwnedFd::from_raw_fd(number) }).collect())
}
