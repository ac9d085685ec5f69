//! What is tried again.

/// Which failures and answers make a request go out once more, within the number of retries (HAProxy: retry-on).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RetryOn {
    /// A connection that fails.
    pub connection: bool,
    /// A connection that ends before an answer.
    pub empty_response: bool,
    /// What comes is no answer.
    pub junk_response: bool,
    /// No answer comes in time.
    pub response_timeout: bool,
    /// Answers with these, sorted.
    pub statuses: Box<[u16]>,
}

impl RetryOn {
    /// The statuses that it may name.
    pub const STATUSES: [u16; 12] = [401, 403, 404, 408, 421, 425, 429, 500, 501, 502, 503, 504];

    /// Whether it asks for the request to be kept until an answer is there.
    pub fn keeps_request(&self) -> bool {
        self.empty_response || self.junk_response || self.response_timeout || !self.statuses.is_empty()
    }
}
