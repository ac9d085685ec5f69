use sluicegate_proto::catalog::ValueType;

/// What the first bytes of a connection in TCP mode say, or the first that the endpoint says over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// req.len, res.len: how many there are.
    Length,
    /// req.payload, res.payload: that many from there on.
    Payload {
        /// Bytes before it.
        offset: usize,
        /// `None`: all that there are.
        length: Option<usize>,
    },
    /// req.payload_lv, res.payload_lv: as many as a number among them says.
    Counted {
        /// Bytes before the number.
        offset: usize,
        /// Bytes of the number, the highest first.
        size: usize,
        /// Where they start.
        start: Start,
    },
    /// req.rdp_cookie: of this name; `None`: of any.
    RdpCookie(Option<Box<[u8]>>),
    /// req.rdp_cookie_cnt: whether there is one.
    RdpCookieCount(Option<Box<[u8]>>),
    /// req.ssl_hello_type and its like: what is asked of the first TLS message.
    Tls(TlsPart),
    /// wait_end: nothing more is waited for.
    End,
}

/// Where the bytes start whose number is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// That far from the first byte.
    At(usize),
    /// That far behind the number.
    Behind(isize),
}

/// A part of the hello of a TLS client (RFC 8446, section 4.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsPart {
    /// req.ssl_hello_type: type of the message, of whatever kind it is.
    Type,
    /// req.ssl_ver: the major version times 65536, and the minor one.
    Version,
    /// req.ssl_sni: the name of the server.
    ServerName,
    /// req.ssl_alpn: names of protocols, with commas between them.
    Protocols,
    /// req.ssl_cipherlist: two bytes each.
    CipherSuites,
    /// req.ssl_ec_ext: whether it names groups.
    NamesGroups,
    /// req.ssl_supported_groups: two bytes each.
    Groups,
    /// req.ssl_keyshare_groups: two bytes each.
    KeyShares,
    /// req.ssl_sigalgs: two bytes each.
    Signatures,
    /// req.ssl_st_ext: 0, no tickets; 1, it takes one; 2, it has one.
    Tickets,
}

impl Content {
    /// Type of its value.
    pub fn yields(&self) -> ValueType {
        match self {
            Self::Length
            | Self::RdpCookieCount(_)
            | Self::Tls(TlsPart::Type | TlsPart::Version | TlsPart::Tickets) => ValueType::Int,
            Self::End | Self::Tls(TlsPart::NamesGroups) => ValueType::Bool,
            Self::Payload { .. } | Self::Counted { .. } | Self::RdpCookie(_) | Self::Tls(_) => ValueType::Str,
        }
    }
}
