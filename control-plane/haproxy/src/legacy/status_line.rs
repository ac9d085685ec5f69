//! Regular expressions on the first line of a response (`^HTTP/1.1\\ 404.*`), and what they put in its place.

use super::request_line::space;

/// What such a rule comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StatusLine<'r> {
    /// Statuses that it is for, as a pattern of integers; `None` for all.
    pub(super) from: Option<String>,
    /// The new status.
    pub(super) to: &'r str,
    /// Its words; may be empty.
    pub(super) reason: &'r str,
}

/// Takes expression and template apart; `None` where they are for something else, or keep what was matched.
pub(super) fn parse<'r>(regex: &'r str, template: &'r str) -> Option<StatusLine<'r>> {
    let rest = regex.strip_prefix('^')?;
    if !rest.trim_start_matches('(').starts_with("HTTP/") {
        return None;
    }
    let from = match space(rest) {
        Some(at) => statuses(&rest[at + 1..])?,
        None => None,
    };
    let mut words = template.splitn(3, ' ');
    let (_version, to, reason) = (words.next()?, words.next()?, words.next().unwrap_or_default());
    let status = to.len() == 3 && to.bytes().all(|byte| byte.is_ascii_digit()) && !to.starts_with('0');
    (status && !reason.contains('\\')).then_some(StatusLine { from, to, reason })
}

/// The statuses that an expression begins with: `404`, `40.`, `5..`, `5[0-9][0-9]`, `.*`.
fn statuses(regex: &str) -> Option<Option<String>> {
    if matches!(regex, "" | ".*" | ".*$" | "..." | "[0-9]*") {
        return Some(None);
    }
    let (mut low, mut high, mut rest) = (String::new(), String::new(), regex);
    while low.len() < 3 {
        let any = ["[0-9]", "\\d", "."].iter().find_map(|any| rest.strip_prefix(any));
        if let Some(after) = any {
            low.push('0');
            high.push('9');
            rest = after;
            continue;
        }
        let digit = rest.chars().next().filter(char::is_ascii_digit)?;
        // Digits after one that may be any are no range.
        if low != high {
            return None;
        }
        low.push(digit);
        high.push(digit);
        rest = &rest[1..];
    }
    let ends = rest.is_empty() || rest.starts_with(['.', ' ', '$', '[']) || rest.starts_with("\\b");
    ends.then(|| Some(if low == high { low } else { format!("{low}:{high}") }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_and_reasons() {
        let parsed = |regex, template| {
            parse(regex, template).map(|line| (line.from.unwrap_or_default(), line.to, line.reason))
        };
        assert_eq!(parsed("^HTTP/1.1 404.*", "HTTP/1.1 503 No"), Some(("404".into(), "503", "No")));
        assert_eq!(parsed("^(HTTP/1..) 40.", "\\1 200"), Some(("400:409".into(), "200", "")));
        assert_eq!(parsed("^HTTP/1.0 .*", "HTTP/1.1 200 OK"), Some((String::new(), "200", "OK")));
        for (regex, template) in [
            ("^HTTP/1.0 (.*)", "HTTP/1.1 \\1"),
            ("^Server: a", "a 200 b"),
            ("^HTTP/1.1 .04", "HTTP/1.1 200 a"),
            ("^HTTP/1.1 404", "HTTP/1.1 2000"),
        ] {
            assert_eq!(parsed(regex, template), None, "{regex}");
        }
    }
}
