//! What messages say about being kept: Cache-Control, Pragma, Expires, Age, Authorization.

use std::time::{Duration, UNIX_EPOCH};

use sluicegate_rules::values;

use crate::h1::View;

/// Ages above it count as it (RFC 9111 section 1.2.2).
const MOST_SECONDS: u64 = 1 << 31;

/// The members of a list ([`values`]); empty ones are passed over.
pub fn list(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    values(line).filter(|member| !member.is_empty())
}

/// One directive of Cache-Control (RFC 9111 section 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Directive<'a> {
    /// In any case; never empty where anything is written.
    pub name: &'a [u8],
    /// Without quotes around it.
    pub value: Option<&'a [u8]>,
}

impl Directive<'_> {
    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// A number of seconds; what is none is 0, so that nothing is taken for fresh by mistake.
    fn seconds(&self) -> u64 {
        self.value.and_then(seconds).unwrap_or_default()
    }
}

/// The directives of one line.
pub fn directives(line: &[u8]) -> impl Iterator<Item = Directive<'_>> {
    list(line).map(|member| match member.iter().position(|byte| *byte == b'=') {
        None => Directive { name: member, value: None },
        Some(at) => {
            let value = member.get(at + 1..).unwrap_or_default().trim_ascii();
            let inner = value.strip_prefix(b"\"").map(|rest| rest.strip_suffix(b"\"").unwrap_or(rest));
            let name = member.get(..at).unwrap_or_default().trim_ascii();
            Directive { name, value: Some(inner.unwrap_or(value)) }
        }
    })
}

fn seconds(text: &[u8]) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let add = |sum: u64, digit: &u8| (sum * 10 + u64::from(digit - b'0')).min(MOST_SECONDS);
    Some(text.iter().fold(0, add))
}

/// Seconds since 1970 of a date in one of the three forms that HTTP has (RFC 9110 section 5.6.7).
pub(super) fn date(text: &[u8]) -> Option<u64> {
    let at = httpdate::parse_http_date(std::str::from_utf8(text).ok()?).ok()?;
    at.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs())
}

/// What a request has to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// It may be answered with what is kept.
    pub looks: bool,
    /// The response to it may be kept.
    pub keeps: bool,
    /// It has credentials: a response is kept if it says itself that it is for all.
    pub authorized: bool,
}

impl Wish {
    /// Reads it as HAProxy does: what asks for a certain freshness looks for nothing.
    #[must_use]
    pub fn of(request: View<'_>) -> Self {
        let authorized = request.value(b"Authorization").is_some();
        let mut wish = Self { looks: !authorized, keeps: true, authorized };
        let mut told = false;
        for directive in request.values(b"Cache-Control").flat_map(directives) {
            told = true;
            let fresher =
                ["no-cache", "max-age", "max-stale", "min-fresh"].iter().any(|name| directive.is(name));
            wish.looks &= !fresher;
            wish.keeps &= !directive.is("no-store");
        }
        // RFC 9111 section 5.4: where there is no Cache-Control.
        wish.looks &= told || !forbids_in_old_words(request);
        wish
    }
}

fn forbids_in_old_words(message: View<'_>) -> bool {
    message.values(b"Pragma").flat_map(list).any(|value| value.eq_ignore_ascii_case(b"no-cache"))
}

/// How long a response may be taken for what the server would say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// From now on; never 0.
    pub lasts: Duration,
    /// How old it is already, as caches before this one say.
    pub age_s: u64,
}

impl Freshness {
    /// Of a response that comes now, `now` being the time since 1970; `None`: it must not be kept, or there is no use in
    /// it. No response is fresh for longer than `most`; where it does not say for how long, it is for that long if it can
    /// be told from another by an ETag or a date.
    #[must_use]
    pub fn of(response: View<'_>, authorized: bool, most: Duration, now: Duration) -> Option<Self> {
        if forbids_in_old_words(response) {
            return None;
        }
        let (mut for_all, mut shared, mut private) = (false, None, None);
        for directive in response.values(b"Cache-Control").flat_map(directives) {
            // With names of fields they would have those alone left out: all of it is.
            if ["no-store", "no-cache", "private"].iter().any(|name| directive.is(name)) {
                return None;
            }
            for_all |= directive.is("public");
            if directive.is("s-maxage") {
                shared = Some(directive.seconds());
            } else if directive.is("max-age") {
                private = Some(directive.seconds());
            }
        }
        if authorized && !for_all {
            return None;
        }
        // A date that is none is one in the past (RFC 9111 section 5.3).
        let expires = response.value(b"Expires").map(|text| date(text).unwrap_or_default());
        let expires = expires.map(|date| date.saturating_sub(now.as_secs()));
        let said = shared.or(private).or(expires).map(Duration::from_secs);
        if said.is_none() && response.value(b"ETag").or(response.value(b"Last-Modified")).is_none() {
            return None;
        }
        let age_s = match response.value(b"Age") {
            None => 0,
            Some(age) => seconds(age)?,
        };
        let age = Duration::from_secs(age_s);
        let lasts = match said {
            Some(said) => said.saturating_sub(age).min(most),
            // Whoever is old and does not say until when it may be used is not.
            None if age_s > 0 => return None,
            None => most,
        };
        (lasts > Duration::ZERO).then_some(Self { lasts, age_s })
    }
}

#[cfg(test)]
mod tests;
