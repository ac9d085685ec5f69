//! What rules want done with an exchange.

use sluicegate_rules::Handling;

/// HAProxy: set-priority-class.
const MOST_CLASS: i64 = 2_047;
/// HAProxy: set-priority-offset.
const MOST_OFFSET: i64 = 524_287;

/// How an exchange is handled beside what its message says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Where exchanges wait, lower ones go before.
    pub class: i16,
    /// Milliseconds by which it would have come later, within its class.
    pub offset_ms: i32,
    /// How often it may be tried again; `None`: as its backend says.
    pub retries: Option<u32>,
    /// What else would make it go out once more is passed on.
    pub no_retries: bool,
}

impl Wishes {
    /// Keeps what a rule says; numbers beyond their range are the nearest within, as in HAProxy.
    pub(crate) fn note(&mut self, handling: Handling) {
        match handling {
            Handling::Class(class) => self.class = class.clamp(-MOST_CLASS, MOST_CLASS) as i16,
            Handling::Offset(offset) => self.offset_ms = offset.clamp(-MOST_OFFSET, MOST_OFFSET) as i32,
            Handling::Retries(retries) => {
                self.retries = Some(u32::try_from(retries.clamp(0, 100)).unwrap_or_default());
            }
            Handling::NoRetries => self.no_retries = true,
        }
    }
}
