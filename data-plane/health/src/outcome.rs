//! What one probe came to.

use crate::agent::Reply;
use crate::evidence::Status;

/// Longest text about a probe, in bytes (HAProxy: HCHK_DESC_LEN, without its end).
const MAX_INFO_BYTES: usize = 127;

/// What a probe saw, before it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Its result.
    pub status: Status,
    /// Code of the answer or of the program, where it has one; -1: a program that a signal ended.
    pub code: Option<i32>,
    /// The script's, the system's or the endpoint's own words; may be empty. At most 127 bytes.
    pub info: String,
    /// What an agent said, where one was asked.
    pub reply: Option<Box<Reply>>,
}

impl Outcome {
    /// With words that may hold anything: they end at a NUL and where they get too long.
    pub(crate) fn new(status: Status, code: Option<i32>, info: &[u8]) -> Self {
        let end = info.iter().position(|&byte| byte == 0).unwrap_or(info.len()).min(MAX_INFO_BYTES);
        let mut info = String::from_utf8_lossy(&info[..end]).into_owned();
        // What stands for a broken byte is longer than it.
        while info.len() > MAX_INFO_BYTES {
            info.pop();
        }
        Self { status, code, info, reply: None }
    }
}
