//! Field names that the engine knows.

use super::scan;

macro_rules! known {
    ($($variant:ident $text:literal,)*) => {
        /// A field name that the parser recognises, so that later look-ups compare one byte.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Known {
            $(#[doc = concat!("`", $text, "`")] $variant,)*
        }

        impl Known {
            /// Every known name.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in lower case.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

known! {
    Host "host",
    Connection "connection",
    ContentLength "content-length",
    TransferEncoding "transfer-encoding",
    Expect "expect",
    Upgrade "upgrade",
    KeepAlive "keep-alive",
    ProxyConnection "proxy-connection",
    Te "te",
    Http2Settings "http2-settings",
    Trailer "trailer",
    Cookie "cookie",
    SetCookie "set-cookie",
    XForwardedFor "x-forwarded-for",
    ContentType "content-type",
    Date "date",
    Location "location",
    UserAgent "user-agent",
    Referer "referer",
}

// `KnownSet` is one word.
const _: () = assert!(Known::ALL.len() <= 32);

impl Known {
    /// The known name that `name`, a token, is in any case.
    #[must_use]
    pub fn of(name: &[u8]) -> Option<Self> {
        // Length and first letter leave at most one candidate, so a miss costs no comparison at all.
        let first = name.first()? | 0x20;
        let candidate = match (name.len(), first) {
            (2, b't') => Self::Te,
            (4, b'h') => Self::Host,
            (4, b'd') => Self::Date,
            (6, b'e') => Self::Expect,
            (6, b'c') => Self::Cookie,
            (7, b'u') => Self::Upgrade,
            (7, b't') => Self::Trailer,
            (7, b'r') => Self::Referer,
            (8, b'l') => Self::Location,
            (10, b'c') => Self::Connection,
            (10, b'k') => Self::KeepAlive,
            (10, b's') => Self::SetCookie,
            (10, b'u') => Self::UserAgent,
            (12, b'c') => Self::ContentType,
            (14, b'c') => Self::ContentLength,
            (14, b'h') => Self::Http2Settings,
            (15, b'x') => Self::XForwardedFor,
            (16, b'p') => Self::ProxyConnection,
            (17, b't') => Self::TransferEncoding,
            _ => return None,
        };
        scan::same_token(name, candidate.text().as_bytes()).then_some(candidate)
    }

    const fn bit(self) -> u32 {
        1 << (self as u8)
    }
}

/// Which known names a head has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct KnownSet(u32);

impl KnownSet {
    pub(super) const fn of(names: &[Known]) -> Self {
        let mut bits = 0;
        let mut at = 0;
        while at < names.len() {
            bits |= names[at].bit();
            at += 1;
        }
        Self(bits)
    }

    pub(super) fn insert(&mut self, name: Known) {
        self.0 |= name.bit();
    }

    pub(super) fn has(self, name: Known) -> bool {
        self.0 & name.bit() != 0
    }

    pub(super) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}
