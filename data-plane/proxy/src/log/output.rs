//! Where lines go: descriptors, datagrams, streams.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex, PoisonError};

use sluicegate_model::logging::LogAddress;
use socket2::{Domain, SockAddr, Socket, Type};

use super::stream::Stream;
use crate::listen::descriptor::duplicate;
use crate::upstream::unix_address;

/// What the names of log receivers resolve to; told by whoever resolves names.
#[derive(Debug, Default)]
pub struct Names(Mutex<HashMap<Box<str>, IpAddr>>);

impl Names {
    /// Says what a name resolves to; `None`: to nothing, lines for it are dropped.
    pub fn set(&self, name: &str, address: Option<IpAddr>) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match address {
            Some(address) => names.insert(name.into(), address),
            None => names.remove(name),
        };
    }

    pub(super) fn address(&self, name: &str) -> Option<IpAddr> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).copied()
    }
}

/// The open end of one receiver.
#[derive(Debug)]
pub(super) enum Output {
    /// Lines are gathered and written together.
    Descriptor(File, Vec<u8>),
    Udp(UdpSocket, SocketAddr),
    Unix(Socket, SockAddr),
    Stream(Box<Stream>),
}

impl Output {
    pub(super) fn open(address: &LogAddress, names: &Arc<Names>) -> io::Result<Self> {
        match address {
            LogAddress::Descriptor(number) => {
                Ok(Self::Descriptor(File::from(duplicate(*number)?), Vec::new()))
            }
            LogAddress::Ip(address) => Self::udp(*address),
            LogAddress::Host(host) => {
                let ip = names.address(&host.name).ok_or(io::ErrorKind::HostUnreachable)?;
                Self::udp(SocketAddr::new(ip, host.port))
            }
            LogAddress::Unix(name) => {
                let socket = Socket::new(Domain::UNIX, Type::DGRAM.nonblocking(), None)?;
                Ok(Self::Unix(socket, unix_address(name)?))
            }
            LogAddress::Stream(stream) => {
                Ok(Self::Stream(Box::new(Stream::new(Arc::clone(stream), Arc::clone(names)))))
            }
        }
    }

    fn udp(address: SocketAddr) -> io::Result<Self> {
        let any: IpAddr =
            if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let socket = UdpSocket::bind((any, 0))?;
        socket.set_nonblocking(true)?;
        Ok(Self::Udp(socket, address))
    }

    /// Puts lines, each with its line feed, to those that [`Output::flush`] writes; false: it takes them one by one.
    pub(super) fn gather(&mut self, lines: &[u8]) -> bool {
        let Self::Descriptor(_, gathered) = self else { return false };
        gathered.extend_from_slice(lines);
        true
    }

    /// Sends a line, or puts it to those that [`Output::flush`] writes.
    ///
    /// The line comes without a line feed; it may leave with one.
    pub(super) fn send(&mut self, line: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Self::Descriptor(_, gathered) => {
                gathered.extend_from_slice(line);
                gathered.push(b'\n');
                return Ok(());
            }
            Self::Stream(stream) => return stream.push(line),
            Self::Udp(..) | Self::Unix(..) => {}
        }
        // HAProxy ends datagrams by a line feed too.
        line.push(b'\n');
        match self {
            Self::Udp(socket, address) => socket.send_to(line, *address).map(drop),
            Self::Unix(socket, address) => socket.send_to(line, address).map(drop),
            Self::Descriptor(..) | Self::Stream(_) => Ok(()),
        }
    }

    /// Writes what was gathered, in one piece where the receiver takes it.
    ///
    /// # Errors
    /// With the number of lines that were not, or not wholly, written.
    pub(super) fn flush(&mut self) -> Result<(), (u64, io::Error)> {
        let (file, gathered) = match self {
            Self::Descriptor(file, gathered) => (file, gathered),
            Self::Stream(stream) => {
                stream.pump();
                return Ok(());
            }
            Self::Udp(..) | Self::Unix(..) => return Ok(()),
        };
        let mut rest = gathered.as_slice();
        let written = loop {
            if rest.is_empty() {
                break Ok(());
            }
            match file.write(rest) {
                Ok(0) => break Err(io::ErrorKind::WriteZero.into()),
                Ok(length) => rest = &rest[length..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        };
        let lost = rest.iter().filter(|&&byte| byte == b'\n').count() as u64;
        gathered.clear();
        written.map_err(|error| (lost, error))
    }
}
