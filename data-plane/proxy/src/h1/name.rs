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
        let candidate = CANDIDATES[slot(name)]?;
        scan::same_token(name, candidate.text().as_bytes()).then_some(candidate)
    }

    const fn bit(self) -> u32 {
        1 << (self as u8)
    }
}

/// Where the known name of this length and first letter stands in [`CANDIDATES`].
const fn slot(name: &[u8]) -> usize {
    let first = match name {
        [first, ..] => *first | 0x20,
        [] => 0,
    };
    (first as usize * 5 + name.len()) % SLOTS
}

const SLOTS: usize = 64;

/// The one known name that a name can be, so that a miss costs hardly a comparison.
static CANDIDATES: [Option<Known>; SLOTS] = {
    let mut table = [None; SLOTS];
    let mut at = 0;
    while at < Known::ALL.len() {
        let name = Known::ALL[at];
        let slot = slot(name.text().as_bytes());
        assert!(table[slot].is_none(), "two known names share a slot: another factor keeps them apart");
        table[slot] = Some(name);
        at += 1;
    }
    table
};

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
