//! One end of a TLS session over bytes in memory.

use std::fmt;

use rustls::client::UnbufferedClientConnection;
use rustls::server::UnbufferedServerConnection;
use rustls::unbuffered::{
    ConnectionState, EncodeError, InsufficientSizeError, ReadTraffic, UnbufferedStatus,
};
use rustls::{CommonState, Error};

use super::stretch::Stretch;

/// More than the records of one [`Job`] add to its bytes, in each version.
const OVERHEAD: usize = 4 * 64;

/// Of a connection that a client opened to us, or that we open to an endpoint.
pub(crate) enum Session {
    Server(UnbufferedServerConnection),
    Client {
        session: UnbufferedClientConnection,
        /// That the endpoint was asked for.
        server_name: Option<Box<str>>,
    },
}

/// What lies between the two sides of the record layer.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    /// Records, and parts of one, that were not looked at.
    pub(super) incoming: Stretch,
    /// Bytes in clear that nobody has asked for.
    pub(super) clear: Stretch,
    /// Records that the kernel has not taken.
    pub(super) outgoing: Stretch,
}

/// What a turn is for.
pub(super) enum Job<'a> {
    /// Bytes in clear are wanted, here.
    Read(&'a mut [u8]),
    /// These are to be sent.
    Send(&'a [u8]),
    /// The peer is to know that nothing follows (RFC 8446 section 6.1).
    End,
}

/// What a turn came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Bytes in clear came: so many lie where they were wanted, the others were put aside.
    Read(usize),
    /// The job is done: its records are to be sent.
    Done,
    /// There is more to do.
    Again,
    /// There is no more to do before more has come from the peer.
    Input,
    /// Nothing comes from the peer any more.
    Ended,
}

/// No secret of it is printed.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let common = self.common();
        f.debug_struct("Session").field("version", &common.protocol_version()).finish_non_exhaustive()
    }
}

impl Session {
    /// Does the next thing.
    ///
    /// # Errors
    /// What came is no TLS, or not what was agreed upon. What the peer is to be told of it lies among the outgoing.
    pub(super) fn turn(&mut self, buffers: &mut Buffers, mut job: Job<'_>) -> Result<Turn, Error> {
        let turned = self.step(buffers, &mut job);
        if turned.is_err() {
            // The alert is encoded like anything else that is to be sent. What came is not looked at again.
            while self.common().wants_write() && self.step(buffers, &mut job).is_ok() {}
        }
        turned
    }

    fn step(&mut self, buffers: &mut Buffers, job: &mut Job<'_>) -> Result<Turn, Error> {
        let Buffers { incoming, clear, outgoing } = buffers;
        let (discard, turned) = match self {
            Self::Server(session) => {
                handle(session.process_tls_records(incoming.bytes()), clear, outgoing, job)
            }
            Self::Client { session, .. } => {
                handle(session.process_tls_records(incoming.bytes()), clear, outgoing, job)
            }
        };
        incoming.discard(discard);
        turned
    }

    /// Whether the two ends have not agreed yet.
    pub(crate) fn is_handshaking(&self) -> bool {
        self.common().is_handshaking()
    }

    /// What is known of it.
    pub(crate) fn common(&self) -> &CommonState {
        match self {
            Self::Server(session) => session,
            Self::Client { session, .. } => session,
        }
    }
}

/// How much of the records is done with, and what came of it.
fn handle<Data>(
    status: UnbufferedStatus<'_, '_, Data>,
    clear: &mut Stretch,
    outgoing: &mut Stretch,
    job: &mut Job<'_>,
) -> (usize, Result<Turn, Error>) {
    let UnbufferedStatus { discard, state } = status;
    let turned = match state {
        Ok(ConnectionState::ReadTraffic(traffic)) => read(traffic, clear, job).map(Turn::Read),
        Ok(ConnectionState::EncodeTlsData(mut data)) => {
            encode(outgoing, |room| data.encode(room)).map(|()| Turn::Again)
        }
        Ok(ConnectionState::TransmitTlsData(data)) => {
            data.done();
            Ok(Turn::Again)
        }
        Ok(ConnectionState::BlockedHandshake) => Ok(Turn::Input),
        Ok(ConnectionState::WriteTraffic(mut traffic)) => match job {
            Job::Read(_) => Ok(Turn::Input),
            Job::Send(bytes) => {
                let room = outgoing.room(bytes.len() + OVERHEAD);
                let sent = traffic.encrypt(bytes, room);
                sent.map(|count| outgoing.add(count)).map(|()| Turn::Done).map_err(no_room)
            }
            Job::End => {
                let sent = traffic.queue_close_notify(outgoing.room(OVERHEAD));
                sent.map(|count| outgoing.add(count)).map(|()| Turn::Done).map_err(no_room)
            }
        },
        Ok(ConnectionState::PeerClosed | ConnectionState::Closed) => Ok(Turn::Ended),
        // Early data is offered to nobody.
        Ok(_) => Err(Error::General("an unknown state".into())),
        Err(error) => Err(error),
    };
    (discard, turned)
}

/// Bytes in clear, to where they are wanted as far as there is room.
fn read<Data>(
    mut traffic: ReadTraffic<'_, '_, Data>,
    clear: &mut Stretch,
    job: &mut Job<'_>,
) -> Result<usize, Error> {
    let mut read = 0;
    while let Some(record) = traffic.next_record() {
        let payload = record?.payload;
        let room = match job {
            Job::Read(buffer) if clear.is_empty() => &mut buffer[read..],
            _ => &mut [],
        };
        let count = payload.len().min(room.len());
        room[..count].copy_from_slice(&payload[..count]);
        read += count;
        if !clear.push(&payload[count..]) {
            return Err(Error::General("more came than was asked for".into()));
        }
    }
    Ok(read)
}

fn encode(
    outgoing: &mut Stretch,
    mut encode: impl FnMut(&mut [u8]) -> Result<usize, EncodeError>,
) -> Result<(), Error> {
    let mut wanted = 0;
    loop {
        match encode(outgoing.room(wanted)) {
            Ok(count) => {
                outgoing.add(count);
                return Ok(());
            }
            Err(EncodeError::InsufficientSize(InsufficientSizeError { required_size }))
                if wanted < required_size =>
            {
                wanted = required_size;
            }
            Err(error) => return Err(no_room(error)),
        }
    }
}

fn no_room(error: impl fmt::Display) -> Error {
    Error::General(error.to_string())
}
