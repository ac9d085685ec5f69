//! Datagrams in: many with one system call.
#![allow(unsafe_code)]

use std::io;
use std::mem::{self, MaybeUninit};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

/// Datagrams that one call takes.
pub(super) const MOST: usize = 32;
/// Bytes of the longest datagram, or of those that the kernel has put together (udp(7), UDP_GRO).
const ROOM: usize = 1 << 16;
/// Bytes for what the kernel says of one: where it was sent to, and how it was put together.
const CONTROL: usize = 128;

/// What comes together with a datagram, aligned as cmsg(3) wants it.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Control([u8; CONTROL]);

/// Room for the datagrams of one call. Its bytes are taken by those who read them before the next call.
pub(super) struct Inbox {
    headers: Box<[libc::mmsghdr]>,
    names: Box<[libc::sockaddr_storage]>,
    controls: Box<[Control]>,
    bytes: Box<[u8]>,
    count: usize,
}

/// One datagram, or several of one length that came in a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrived<'a> {
    pub(super) bytes: &'a [u8],
    /// Who sent it; `None`: the socket is connected.
    pub(super) from: Option<SocketAddr>,
    /// Where it was sent to, if the socket is told.
    pub(super) to: Option<IpAddr>,
    /// There are several, each so long but for the last.
    pub(super) segment: Option<u16>,
}

impl<'a> Arrived<'a> {
    /// The first of them.
    pub(super) fn first(&self) -> &'a [u8] {
        let length = self.segment.map_or(self.bytes.len(), usize::from);
        self.bytes.get(..length).unwrap_or(self.bytes)
    }

    /// All of it, if it is one.
    pub(super) fn whole(&self) -> Option<&'a [u8]> {
        self.segment.is_none().then_some(self.bytes)
    }

    /// Leaves the first one out. Whether there are others.
    pub(super) fn skip(&mut self) -> bool {
        self.bytes = self.bytes.get(self.first().len()..).unwrap_or_default();
        !self.bytes.is_empty()
    }

    /// How many there are.
    pub(super) fn datagrams(&self) -> u64 {
        self.segment.map_or(1, |segment| self.bytes.len().div_ceil(usize::from(segment)).max(1) as u64)
    }
}

impl Inbox {
    pub(super) fn new() -> Self {
        // SAFETY: both are plain C structures, for which all zeros is a value.
        let (header, name): (libc::mmsghdr, libc::sockaddr_storage) = unsafe { mem::zeroed() };
        Self {
            headers: vec![header; MOST].into(),
            names: vec![name; MOST].into(),
            controls: vec![Control([0; CONTROL]); MOST].into(),
            bytes: vec![0; MOST * ROOM].into(),
            count: 0,
        }
    }

    /// Takes what has come, up to `most` of them. Fewer than that: there are no more.
    ///
    /// # Errors
    /// Where nothing has come, and where the kernel reports what became of something that was sent.
    pub(super) fn receive(&mut self, socket: BorrowedFd<'_>, most: usize) -> io::Result<usize> {
        let most = most.min(MOST);
        self.count = 0;
        let mut vectors: [MaybeUninit<libc::iovec>; MOST] = [MaybeUninit::uninit(); MOST];
        let rooms = self.bytes.chunks_exact_mut(ROOM).zip(&mut vectors);
        let told = self.names.iter_mut().zip(&mut self.controls);
        for ((header, (room, vector)), (name, control)) in
            self.headers.iter_mut().zip(rooms).zip(told).take(most)
        {
            let vector =
                vector.write(libc::iovec { iov_base: room.as_mut_ptr().cast(), iov_len: room.len() });
            let header = &mut header.msg_hdr;
            header.msg_name = ptr::from_mut(name).cast();
            header.msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
            header.msg_iov = vector;
            header.msg_iovlen = 1;
            header.msg_control = control.0.as_mut_ptr().cast();
            header.msg_controllen = CONTROL as _;
            header.msg_flags = 0;
        }
        // SAFETY: the first `most` headers point to rooms of the lengths that they say, each its own, which outlive the
        // call; so do the vectors on this stack, which nobody looks at after it.
        let taken = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                self.headers.as_mut_ptr(),
                most as libc::c_uint,
                libc::MSG_DONTWAIT as _,
                ptr::null_mut(),
            )
        };
        let Ok(count) = usize::try_from(taken) else { return Err(io::Error::last_os_error()) };
        self.count = count;
        Ok(count)
    }

    /// What the last call took, in its order.
    pub(super) fn arrived(&self) -> impl Iterator<Item = Arrived<'_>> {
        (0..self.count).map(|at| {
            let header = &self.headers[at];
            let length = (header.msg_len as usize).min(ROOM);
            let (to, segment) = self.told(at);
            Arrived { bytes: &self.bytes[at * ROOM..][..length], from: self.sender(at), to, segment }
        })
    }

    fn sender(&self, at: usize) -> Option<SocketAddr> {
        if self.headers[at].msg_hdr.msg_namelen == 0 {
            return None;
        }
        let name = &self.names[at];
        match libc::c_int::from(name.ss_family) {
            libc::AF_INET => {
                // SAFETY: an address of this family is this structure; the storage is longer, aligned for all families and
                // initialised as a whole.
                let name = unsafe { &*ptr::from_ref(name).cast::<libc::sockaddr_in>() };
                let ip = Ipv4Addr::from(name.sin_addr.s_addr.to_ne_bytes());
                Some(SocketAddr::new(ip.into(), u16::from_be(name.sin_port)))
            }
            libc::AF_INET6 => {
                // SAFETY: as above.
                let name = unsafe { &*ptr::from_ref(name).cast::<libc::sockaddr_in6>() };
                let (ip, port) = (Ipv6Addr::from(name.sin6_addr.s6_addr), u16::from_be(name.sin6_port));
                Some(SocketAddrV6::new(ip, port, 0, name.sin6_scope_id).into())
            }
            _ => None,
        }
    }

    /// Where it was sent to, and how long each of its datagrams is.
    fn told(&self, at: usize) -> (Option<IpAddr>, Option<u16>) {
        let header = &self.headers[at].msg_hdr;
        let (mut to, mut segment) = (None, None);
        // SAFETY: the header still points to its control bytes, which the kernel has filled as far as its length says.
        let mut next = unsafe { libc::CMSG_FIRSTHDR(header) };
        while !next.is_null() {
            // SAFETY: cmsg(3) found it to lie within the control bytes; alignment is that of `Control`.
            let (kind, data) = unsafe { (((*next).cmsg_level, (*next).cmsg_type), libc::CMSG_DATA(next)) };
            match kind {
                (libc::IPPROTO_IP, libc::IP_PKTINFO) => {
                    // SAFETY: data of this kind is this structure; it is read whatever its alignment.
                    let info: libc::in_pktinfo = unsafe { ptr::read_unaligned(data.cast()) };
                    to = Some(Ipv4Addr::from(info.ipi_spec_dst.s_addr.to_ne_bytes()).into());
                }
                (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => {
                    // SAFETY: as above.
                    let info: libc::in6_pktinfo = unsafe { ptr::read_unaligned(data.cast()) };
                    to = Some(Ipv6Addr::from(info.ipi6_addr.s6_addr).into());
                }
                (libc::SOL_UDP, libc::UDP_GRO) => {
                    // SAFETY: as above; the kernel gives an int (udp(7)).
                    let length: libc::c_int = unsafe { ptr::read_unaligned(data.cast()) };
                    segment = u16::try_from(length).ok().filter(|&length| length > 0);
                }
                _ => {}
            }
            // SAFETY: as for the first one.
            next = unsafe { libc::CMSG_NXTHDR(header, next) };
        }
        let several = |segment: &u16| usize::from(*segment) < self.headers[at].msg_len as usize;
        (to, segment.filter(several))
    }
}

impl std::fmt::Debug for Inbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inbox").field("count", &self.count).finish_non_exhaustive()
    }
}
