//! Datagrams out: those of one session that are there together, with as few system calls as they take.
#![allow(unsafe_code)]

use std::io;
use std::mem;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

use socket2::SockAddr;

use super::inbox::{Arrived, MOST};

/// Datagrams that the kernel cuts out of one message (UDP_MAX_SEGMENTS of the first kernels that do).
const MOST_SEGMENTS: usize = 64;
/// Bytes of such a message: as of a datagram (udp(7)), over IPv6 too.
const MOST_BYTES: usize = 65_487;
/// Room for what a message is sent with: CMSG_SPACE of an address and of a length.
const CONTROL: usize = 64;

/// Aligned as cmsg(3) wants it.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Control([u8; CONTROL]);

/// Where datagrams of a session go.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Way {
    /// `None`: the socket is connected.
    pub(super) to: Option<SocketAddr>,
    /// The address that they are to leave from, where the socket has more than one.
    pub(super) from: Option<IpAddr>,
}

/// What became of datagrams.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) bytes: u64,
    /// Datagrams that the kernel did not take.
    pub(super) lost: u64,
    /// The peer's host had said that nobody has the port: those from here on were not sent.
    pub(super) refused_from: Option<usize>,
}

/// Room for the messages of one call.
pub(super) struct Outbox {
    headers: Box<[libc::mmsghdr]>,
    controls: Box<[Control]>,
    vectors: Vec<libc::iovec>,
    parts: Vec<Part>,
}

/// How far the datagrams of a run are dealt with.
#[derive(Debug, Clone, Copy, Default)]
struct Position {
    at: usize,
    /// Bytes of that one.
    offset: usize,
}

/// One message: a datagram, or several that the kernel cuts out of it.
struct Part {
    start: Position,
    vectors: Range<usize>,
    segment: Option<u16>,
    datagrams: u64,
    bytes: u64,
}

impl Outbox {
    pub(super) fn new() -> Self {
        // SAFETY: a plain C structure, for which all zeros is a value.
        let header: libc::mmsghdr = unsafe { mem::zeroed() };
        Self {
            headers: vec![header; MOST].into(),
            controls: vec![Control([0; CONTROL]); MOST].into(),
            vectors: Vec::new(),
            parts: Vec::new(),
        }
    }

    /// Sends a run. `cuts`: whether the kernel cuts datagrams on this way; becomes false where it does not.
    pub(super) fn send(
        &mut self,
        socket: BorrowedFd<'_>,
        run: &[Arrived<'_>],
        way: &Way,
        cuts: &mut bool,
    ) -> Sent {
        let mut sent = Sent::default();
        let mut next = Position::default();
        while next.at < run.len() {
            next = self.compose(run, next, *cuts);
            let mut done = 0;
            while let Some(part) = self.parts.get(done) {
                let (start, datagrams, is_cut) = (part.start, part.datagrams, part.segment.is_some());
                match self.call(socket, done, way) {
                    Ok(count) => {
                        let all = self.parts.get(done..done + count.max(1)).unwrap_or_default();
                        sent.bytes += all.iter().map(|part| part.bytes).sum::<u64>();
                        done += count.max(1);
                    }
                    Err(error) if error.raw_os_error() == Some(libc::ECONNREFUSED) => {
                        sent.refused_from = Some(start.at);
                        return sent;
                    }
                    Err(error) if is_cut && cannot_cut(&error) => {
                        (*cuts, next) = (false, start);
                        break;
                    }
                    Err(_) => {
                        sent.lost += datagrams;
                        done += 1;
                    }
                }
            }
        }
        sent
    }

    /// Puts the next messages together; where those behind them begin.
    fn compose(&mut self, run: &[Arrived<'_>], from: Position, cuts: bool) -> Position {
        self.vectors.clear();
        self.parts.clear();
        let mut next = from;
        while self.parts.len() < MOST
            && let Some(first) = run.get(next.at)
        {
            let begins = self.vectors.len();
            let (after, segment) = if cuts { self.row(run, next.at) } else { self.piece(first, next) };
            let vectors = begins..self.vectors.len();
            let bytes = self.vectors[vectors.clone()].iter().map(|vector| vector.iov_len as u64).sum::<u64>();
            let datagrams = segment.map_or(1, |segment| bytes.div_ceil(u64::from(segment)));
            self.parts.push(Part { start: next, vectors, segment, datagrams, bytes });
            next = after;
        }
        next
    }

    /// All that one message may be cut into: what came so, or datagrams of one length, of which the last may be shorter.
    fn row(&mut self, run: &[Arrived<'_>], at: usize) -> (Position, Option<u16>) {
        let first = &run[at];
        self.vectors.push(vector(first.bytes));
        let (length, mut total, mut count) = (first.bytes.len(), first.bytes.len(), 1);
        if first.segment.is_none() && length > 0 {
            for more in &run[at + 1..] {
                let fits = count < MOST_SEGMENTS && total + more.bytes.len() <= MOST_BYTES;
                if !fits || more.segment.is_some() || more.bytes.is_empty() || more.bytes.len() > length {
                    break;
                }
                self.vectors.push(vector(more.bytes));
                (total, count) = (total + more.bytes.len(), count + 1);
                if more.bytes.len() < length {
                    break;
                }
            }
        }
        let equal = u16::try_from(length).ok().filter(|_| count > 1);
        (Position { at: at + count, offset: 0 }, first.segment.or(equal))
    }

    /// One datagram.
    fn piece(&mut self, of: &Arrived<'_>, from: Position) -> (Position, Option<u16>) {
        let rest = &of.bytes[from.offset.min(of.bytes.len())..];
        let length = of.segment.map_or(rest.len(), |segment| rest.len().min(usize::from(segment)));
        self.vectors.push(vector(&rest[..length]));
        let whole = length == rest.len();
        let next = if whole {
            Position { at: from.at + 1, offset: 0 }
        } else {
            Position { at: from.at, offset: from.offset + length }
        };
        (next, None)
    }

    /// Sends messages from this one on; how many the kernel took.
    fn call(&mut self, socket: BorrowedFd<'_>, from: usize, way: &Way) -> io::Result<usize> {
        let name = way.to.map(SockAddr::from);
        let parts = self.parts.get(from..).unwrap_or_default();
        for ((part, header), control) in parts.iter().zip(&mut *self.headers).zip(&mut *self.controls) {
            let header = &mut header.msg_hdr;
            (header.msg_name, header.msg_namelen) = match &name {
                Some(name) => (name.as_ptr().cast_mut().cast(), name.len()),
                None => (ptr::null_mut(), 0),
            };
            // The range is that of the part's own vectors.
            header.msg_iov = self.vectors.as_mut_ptr().wrapping_add(part.vectors.start);
            header.msg_iovlen = part.vectors.len() as _;
            header.msg_control = control.0.as_mut_ptr().cast();
            header.msg_controllen = CONTROL as _;
            header.msg_flags = 0;
            let length = control_of(header, way.from, part.segment);
            if length == 0 {
                header.msg_control = ptr::null_mut();
            }
            header.msg_controllen = length as _;
        }
        // SAFETY: as many headers as there are parts point to vectors and bytes that outlive the call, of the lengths that
        // they say, and to the name on this stack; the kernel writes to none of them but the headers' own lengths.
        let sent = unsafe {
            libc::sendmmsg(
                socket.as_raw_fd(),
                self.headers.as_mut_ptr(),
                parts.len().min(MOST) as libc::c_uint,
                (libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL) as _,
            )
        };
        usize::try_from(sent).map_err(|_| io::Error::last_os_error())
    }
}

fn vector(bytes: &[u8]) -> libc::iovec {
    // The kernel only reads what is sent.
    libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() }
}

/// Errors of a message that is to be cut where the way cannot do that, or where a datagram is too long to be cut (udp(7)).
fn cannot_cut(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EIO | libc::EINVAL | libc::EMSGSIZE | libc::ENOPROTOOPT | libc::EOPNOTSUPP)
    )
}

/// Writes where a message leaves from, and how it is cut; the length of that.
fn control_of(header: &libc::msghdr, from: Option<IpAddr>, segment: Option<u16>) -> usize {
    let mut length = 0;
    // SAFETY: the header points to CONTROL bytes of its own, room for both, and says so.
    let mut next = unsafe { libc::CMSG_FIRSTHDR(header) };
    let mut put = |level, kind, data: &[u8]| {
        // SAFETY: `next` is a place for this one: both together take CONTROL bytes, see there.
        unsafe {
            (*next).cmsg_level = level;
            (*next).cmsg_type = kind;
            (*next).cmsg_len = libc::CMSG_LEN(data.len() as u32) as _;
            ptr::copy_nonoverlapping(data.as_ptr(), libc::CMSG_DATA(next), data.len());
            length += libc::CMSG_SPACE(data.len() as u32) as usize;
            next = next.byte_add(libc::CMSG_SPACE(data.len() as u32) as usize);
        }
    };
    match from {
        // struct in_pktinfo: interface, the address to leave from, and one that is not looked at.
        Some(IpAddr::V4(ip)) => {
            let mut info = [0; 12];
            info[4..8].copy_from_slice(&ip.octets());
            put(libc::IPPROTO_IP, libc::IP_PKTINFO, &info);
        }
        // struct in6_pktinfo: the address to leave from, interface.
        Some(IpAddr::V6(ip)) => {
            let mut info = [0; 20];
            info[..16].copy_from_slice(&ip.octets());
            put(libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, &info);
        }
        None => {}
    }
    if let Some(segment) = segment {
        put(libc::SOL_UDP, libc::UDP_SEGMENT, &segment.to_ne_bytes());
    }
    length
}

impl std::fmt::Debug for Outbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbox").finish_non_exhaustive()
    }
}
