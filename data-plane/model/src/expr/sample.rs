use std::num::{NonZeroI64, NonZeroU32};
use std::sync::Arc;

use sluicegate_proto::catalog::ValueType;

use super::{Content, Figure, Map, TimeUnit};
use crate::rule::HeaderName;

/// A fetch and the converters that its value passes through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Where the value comes from.
    pub fetch: Fetch,
    /// In order.
    pub converters: Box<[Converter]>,
}

impl Sample {
    /// Type of its value after all converters.
    pub fn yields(&self) -> ValueType {
        self.converters.last().map_or_else(|| self.fetch.yields(), Converter::yields)
    }
}

/// Which message of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The client's.
    Request,
    /// The endpoint's.
    Response,
}

/// One header, or one part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderRef {
    /// Of which message.
    pub direction: Direction,
    /// Compared without regard to case.
    pub name: HeaderName,
    /// Whole lines (`fhdr`); else the values between commas (`hdr`).
    pub whole: bool,
    /// From 1 at the start, from -1 at the end; `None`: the last one in a value, any one in a test.
    pub occurrence: Option<NonZeroI64>,
}

/// What is known of a client's TLS connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TlsFact {
    /// ssl_fc_sni.
    ServerName,
    /// ssl_fc_has_sni.
    HasServerName,
    /// ssl_fc_protocol.
    Version,
    /// ssl_fc_cipher.
    Cipher,
    /// ssl_fc_alg_keysize, ssl_fc_use_keysize.
    KeyBits,
    /// ssl_fc_alpn.
    Protocol,
    /// ssl_fc_is_resumed.
    IsResumed,
    /// ssl_fc_has_crt, ssl_c_used.
    HasCertificate,
    /// ssl_c_verify.
    Verified,
    /// ssl_c_der, ssl_f_sha1 and their like.
    Of(Whose, CertificateFact),
}

/// Whose certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Whose {
    /// ssl_c_*: the client's.
    Client,
    /// ssl_f_*: the one that the client was shown.
    Own,
}

/// What a certificate says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CertificateFact {
    /// ssl_c_der: all of it.
    Der,
    /// ssl_c_sha1.
    Sha1,
    /// ssl_c_serial.
    Serial,
    /// ssl_c_notbefore.
    NotBefore,
    /// ssl_c_notafter.
    NotAfter,
    /// ssl_c_version.
    Version,
    /// ssl_c_key_alg.
    KeyAlgorithm,
    /// ssl_c_sig_alg.
    SignatureAlgorithm,
}

/// ssl_c_s_dn, ssl_f_i_dn and their like: a name in a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TlsName {
    /// Whose.
    pub whose: Whose,
    /// That of the issuer; else that of the subject.
    pub of_issuer: bool,
    /// `CN` and its like, compared without regard to case; `None`: all of it.
    pub part: Option<Box<str>>,
    /// From 1 at the start, from -1 at the end.
    pub occurrence: i64,
}

/// What is known of the connection to an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ServerTls {
    /// ssl_bc.
    Is,
    /// ssl_bc_protocol, ssl_s_der and their like.
    Fact(TlsFact),
    /// ssl_s_s_dn, ssl_s_i_dn.
    Name(TlsName),
    /// ssl_bc_err_str.
    Error,
}

impl ServerTls {
    fn yields(&self) -> ValueType {
        match self {
            Self::Is => ValueType::Bool,
            Self::Fact(fact) => fact.yields(),
            Self::Name(_) | Self::Error => ValueType::Str,
        }
    }
}

impl TlsFact {
    fn yields(self) -> ValueType {
        match self {
            Self::HasServerName | Self::IsResumed | Self::HasCertificate => ValueType::Bool,
            Self::KeyBits | Self::Verified | Self::Of(_, CertificateFact::Version) => ValueType::Int,
            Self::ServerName | Self::Version | Self::Cipher | Self::Protocol | Self::Of(..) => ValueType::Str,
        }
    }
}

/// Where a value comes from. The names are those of `sluicegate_proto::catalog::FETCHES`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetch {
    /// always_true, always_false, bool.
    Bool(bool),
    /// int.
    Int(i64),
    /// str.
    Str(Box<[u8]>),
    /// base.
    Base,
    /// be_name.
    BackendName,
    /// fe_name.
    FrontendName,
    /// dst.
    Destination,
    /// dst_port.
    DestinationPort,
    /// src.
    Source,
    /// src_port.
    SourcePort,
    /// ssl_fc.
    Tls,
    /// ssl_fc_sni and its like.
    TlsFact(TlsFact),
    /// ssl_c_s_dn, ssl_c_i_dn.
    TlsName(TlsName),
    /// ssl_bc and its like.
    ServerTls(ServerTls),
    /// method.
    Method,
    /// path.
    Path,
    /// pathq.
    PathAndQuery,
    /// query.
    Query,
    /// url.
    Url,
    /// url_param: the name and the byte that ends parameters' place and begins the query (`?` as a rule).
    UrlParam {
        /// Compared byte by byte.
        name: Box<[u8]>,
        /// What the parameters begin after and are parted by (beside `&` and `;`).
        delimiter: u8,
    },
    /// req.cook.
    Cookie(Box<[u8]>),
    /// req.cook_cnt.
    CookieCount(Box<[u8]>),
    /// req.hdr, req.fhdr, res.hdr, res.fhdr.
    Header(HeaderRef),
    /// The `_ip` forms.
    HeaderIp(HeaderRef),
    /// The `_val` forms.
    HeaderInt(HeaderRef),
    /// The `_cnt` forms.
    HeaderCount(HeaderRef),
    /// req.proto_http.
    IsHttp,
    /// req.ver, res.ver.
    Version(Direction),
    /// status.
    Status,
    /// res.cache_hit.
    CacheHit,
    /// res.cache_name.
    CacheName,
    /// res.comp.
    Compressed,
    /// res.comp_algo.
    CompressedWith,
    /// nbsrv, be_conn and their like.
    Figure(Box<Figure>),
    /// date: what is added to it, and the unit of both.
    Date {
        /// May be negative.
        offset: i64,
        /// Seconds where none is given.
        unit: TimeUnit,
    },
    /// rand: from 0, below this; `None`: any of 32 bits.
    Random(Option<NonZeroU32>),
    /// hostname.
    HostName,
    /// req.len, req.ssl_sni and their like; res.len and its like.
    Content(Direction, Content),
    /// fc_rcvd_proxy.
    HasProxyHeader,
    /// fc_pp_tlv and those with names of their own: the type of a value in the PROXY header (proxy-protocol.txt 2.2.7).
    ProxyValue(u8),
}

impl Fetch {
    /// Whether its value is a part of an HTTP request.
    pub fn is_of_request(&self) -> bool {
        match self {
            Self::Base
            | Self::Method
            | Self::Path
            | Self::PathAndQuery
            | Self::Query
            | Self::Url
            | Self::UrlParam { .. }
            | Self::Cookie(_)
            | Self::CookieCount(_)
            | Self::IsHttp
            | Self::Version(Direction::Request) => true,
            Self::Header(header)
            | Self::HeaderIp(header)
            | Self::HeaderInt(header)
            | Self::HeaderCount(header) => header.direction == Direction::Request,
            _ => false,
        }
    }

    /// Whether its value hangs on the first bytes of a connection in TCP mode.
    pub fn is_of_first_bytes(&self) -> bool {
        matches!(self, Self::Content(..)) || self.is_of_request()
    }

    /// Type of its value.
    pub fn yields(&self) -> ValueType {
        match self {
            Self::Bool(_)
            | Self::CacheHit
            | Self::Compressed
            | Self::HasProxyHeader
            | Self::IsHttp
            | Self::Tls => ValueType::Bool,
            Self::Figure(figure) => figure.yields(),
            Self::TlsFact(fact) => fact.yields(),
            Self::ServerTls(wanted) => wanted.yields(),
            Self::Content(_, content) => content.yields(),
            Self::Int(_)
            | Self::Date { .. }
            | Self::Random(_)
            | Self::DestinationPort
            | Self::SourcePort
            | Self::CookieCount(_)
            | Self::HeaderInt(_)
            | Self::HeaderCount(_)
            | Self::Status => ValueType::Int,
            Self::Destination | Self::Source | Self::HeaderIp(_) => ValueType::Ip,
            Self::Str(_)
            | Self::TlsName(_)
            | Self::Base
            | Self::BackendName
            | Self::HostName
            | Self::ProxyValue(_)
            | Self::CacheName
            | Self::CompressedWith
            | Self::FrontendName
            | Self::Method
            | Self::Path
            | Self::PathAndQuery
            | Self::Query
            | Self::Url
            | Self::UrlParam { .. }
            | Self::Cookie(_)
            | Self::Header(_)
            | Self::Version(_) => ValueType::Str,
        }
    }
}

/// A step that changes a value. The names are those of `sluicegate_proto::catalog::CONVERTERS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Converter {
    /// bool.
    Bool,
    /// not.
    Not,
    /// lower.
    Lower,
    /// upper.
    Upper,
    /// length.
    Length,
    /// hex.
    Hex,
    /// host_only.
    HostOnly,
    /// port_only.
    PortOnly,
    /// bytes.
    Bytes {
        /// Bytes left out at the start.
        offset: usize,
        /// At most that many; `None`: all the rest.
        length: Option<usize>,
    },
    /// ltrim: these bytes.
    TrimStart(Box<[u8]>),
    /// rtrim: these bytes.
    TrimEnd(Box<[u8]>),
    /// field.
    Field(Selection),
    /// word.
    Word(Selection),
    /// url_dec.
    UrlDecode {
        /// `+` is a space, as in forms.
        plus: bool,
    },
    /// map and its like.
    Map(Arc<Map>),
}

/// Which fields or words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// From 1 at the start, from -1 at the end.
    pub index: NonZeroI64,
    /// Each byte parts.
    pub delimiters: Box<[u8]>,
    /// How many, with what is between them; `None`: all from there on (to the start, for a negative index).
    pub count: Option<usize>,
}

impl Converter {
    /// Type that it takes.
    pub fn takes(&self) -> ValueType {
        match self {
            Self::Bool => ValueType::Int,
            Self::Not => ValueType::Bool,
            Self::Map(map) => map.takes,
            _ => ValueType::Str,
        }
    }

    /// Type that it makes.
    pub fn yields(&self) -> ValueType {
        match self {
            Self::Bool | Self::Not => ValueType::Bool,
            Self::Length | Self::PortOnly => ValueType::Int,
            Self::Map(map) => map.yields(),
            _ => ValueType::Str,
        }
    }
}
