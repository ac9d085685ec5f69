//! What the evaluator asks of the engine.

use std::net::SocketAddr;
use std::ops::Range;
use std::time::Duration;

use sluicegate_model::cache::ObjectKey;
use sluicegate_model::compression::ContentCoding;
use sluicegate_model::expr::{Alias, Direction, Figure};
use sluicegate_model::rule::{HeaderName, HeaderPattern};

use crate::tls::Tls;

/// An exchange as an expression sees it. What is not known (yet) is `None`: then a test is false and a format's piece
/// is empty.
pub trait Message {
    /// Where the client connects from; `None` on unix sockets.
    fn source(&self) -> Option<SocketAddr>;
    /// Where the client connected to; `None` on unix sockets.
    fn destination(&self) -> Option<SocketAddr>;
    /// What the client's connection speaks below; `None`: it is in clear.
    fn tls(&self) -> Option<&Tls> {
        None
    }
    /// What the connection to the endpoint speaks below; `None`: it is in clear, or there is none yet.
    fn server_tls(&self) -> Option<&Tls> {
        None
    }
    /// Why the last handshake with an endpoint failed; `None`: none did.
    fn server_tls_error(&self) -> Option<&str> {
        None
    }
    /// Name of the frontend.
    fn frontend_name(&self) -> &[u8];
    /// Name of the backend once one is chosen.
    fn backend_name(&self) -> Option<&[u8]>;
    /// Whether there is an HTTP request.
    fn is_http(&self) -> bool;
    /// Of the request.
    fn method(&self) -> Option<&[u8]>;
    /// Of the request, as the client wrote it (RFC 9112 3.2).
    fn target(&self) -> Option<&[u8]>;
    /// `1.0`, `1.1`, `2.0`.
    fn version(&self, direction: Direction) -> Option<&[u8]>;
    /// Of the response.
    fn status(&self) -> Option<u16>;
    /// What the response was compressed with; `None`: it was not, or not yet.
    fn compressed_with(&self) -> Option<ContentCoding> {
        None
    }
    /// The cache that the response comes from; `None`: from none.
    fn answering_cache(&self) -> Option<&[u8]> {
        None
    }
    /// A figure of what goes on now; `None` where there is no such proxy or endpoint.
    fn figure(&self, figure: &Figure) -> Option<i64>;
    /// The time since 1970.
    fn unix_time(&self) -> Duration;
    /// The first bytes of a connection in TCP mode, or of what its endpoint says, as far as they have come; `None`: nobody
    /// looks at them.
    fn first_bytes(&self, _: Direction) -> Option<&[u8]> {
        None
    }
    /// Whether more first bytes may come: what hangs on them is not settled then.
    fn expects_more(&self) -> bool {
        false
    }
    /// Whether the first bytes are the start of an HTTP request that is not whole yet.
    fn may_become_http(&self) -> bool {
        false
    }
    /// Whether the connection began with a PROXY header.
    fn has_proxy_header(&self) -> bool {
        false
    }
    /// Values of that type in the connection's PROXY header.
    fn proxy_values(&self, _: u8) -> impl Iterator<Item = &[u8]> {
        std::iter::empty()
    }
    /// A number by chance, another one each time.
    fn random(&self) -> u32;
    /// The name of the host.
    fn host_name(&self) -> &[u8];
    /// The values of all lines of a header in their order, without the space around them. Names are compared without
    /// regard to case.
    fn header<'a>(&'a self, direction: Direction, name: &'a [u8]) -> impl Iterator<Item = &'a [u8]>;
}

/// What a log-format alias stands for.
pub trait Variables {
    /// Appends the text of an alias, nothing where there is none. `hexadecimal` is `%{+X}`, which addresses and numbers
    /// follow. What clients chose is escaped by the renderer; captures alone (hr, hrl, hs, hsl), whose braces are not the
    /// clients', escape their values themselves.
    fn alias(&self, alias: Alias, hexadecimal: bool, out: &mut Vec<u8>);
}

/// Changes of the message that a rule list runs over. Later rules see them.
pub trait Edit {
    /// Replaces all lines of that name by one at the end.
    fn set(&mut self, name: &HeaderName, value: &[u8]);
    /// Appends a line.
    fn add(&mut self, name: &HeaderName, value: &[u8]);
    /// Removes every line whose name [`HeaderPattern::matches`].
    fn delete(&mut self, pattern: &HeaderPattern);
    /// Asks `change` for every line of that name: it appends the new value and says whether there is one.
    fn replace(&mut self, name: &HeaderName, change: &mut dyn FnMut(&[u8], &mut Vec<u8>) -> bool);
    /// Gives the request another method.
    fn set_method(&mut self, method: &[u8]);
    /// Gives the request another target (RFC 9112 3.2).
    fn set_target(&mut self, target: &[u8]);
    /// Gives the response another status; `None`: with the usual reason.
    fn set_status(&mut self, status: u16, reason: Option<&str>);
    /// Has the exchange handled in another way from here on.
    fn handle(&mut self, handling: Handling);
    /// Looks for the response to the request in a cache (HAProxy: cache-use).
    fn use_cache(&mut self, cache: &ObjectKey);
    /// Has a cache keep the response as it is now, where it may (HAProxy: cache-store).
    fn store_in_cache(&mut self, cache: &ObjectKey);
}

/// How an exchange is handled beside what its message says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handling {
    /// Its class where exchanges wait: lower ones go before.
    Class(i64),
    /// Milliseconds by which it would have come later, within its class.
    Offset(i64),
    /// How often it may be tried again.
    Retries(i64),
    /// What else would make it go out once more is passed on.
    NoRetries,
}

/// Memory that evaluation re-uses; one for each worker is enough.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Where converters write.
    pub(crate) value: Vec<u8>,
    /// What was rendered last: a header's value, a Location.
    pub(crate) text: Vec<u8>,
    /// Where parameters are that are sorted.
    pub(crate) ranges: Vec<Range<usize>>,
    /// Steps of a condition at which something open is settled.
    pub(crate) open: Vec<usize>,
}

impl Scratch {
    /// The Location after [`crate::Outcome::Redirect`].
    pub fn text(&self) -> &[u8] {
        &self.text
    }
}
