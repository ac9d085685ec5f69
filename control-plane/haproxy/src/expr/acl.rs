//! Named ACLs: those of `acl` lines, where one name given twice means either, and HAProxy's own.

use std::collections::BTreeMap;

use sluicegate_proto::v1;

use super::{NoFiles, Place, Problem, Reader, nearest};
use crate::source::Span;

/// ACLs by name (case counts).
#[derive(Clone, Debug, Default)]
pub struct Acls {
    named: BTreeMap<String, Acl>,
}

#[derive(Clone, Debug)]
struct Acl {
    /// `None`: its definition is wrong, which has been told.
    tests: Option<Vec<v1::Test>>,
    /// The first line that defines it, where lines have places.
    line: Option<Span>,
}

/// HAProxy's own ACLs (manual 7.4), by the words that define them.
const PREDEFINED: &[(&str, &[&str])] = &[
    ("FALSE", &["always_false"]),
    ("HTTP", &["req.proto_http"]),
    ("HTTP_1.0", &["req.ver", "1.0"]),
    ("HTTP_1.1", &["req.ver", "1.1"]),
    ("HTTP_2.0", &["req.ver", "2.0"]),
    ("HTTP_3.0", &["req.ver", "3.0"]),
    ("HTTP_CONTENT", &["req.hdr_val(content-length)", "gt", "0"]),
    ("HTTP_URL_ABS", &["url_reg", "^[^/:]*://"]),
    ("HTTP_URL_SLASH", &["url_beg", "/"]),
    ("HTTP_URL_STAR", &["url", "*"]),
    ("LOCALHOST", &["src", "127.0.0.1/8", "::1"]),
    ("METH_CONNECT", &["method", "CONNECT"]),
    ("METH_DELETE", &["method", "DELETE"]),
    ("METH_GET", &["method", "GET", "HEAD"]),
    ("METH_HEAD", &["method", "HEAD"]),
    ("METH_OPTIONS", &["method", "OPTIONS"]),
    ("METH_POST", &["method", "POST"]),
    ("METH_PUT", &["method", "PUT"]),
    ("METH_TRACE", &["method", "TRACE"]),
    ("RDP_COOKIE", &["req.rdp_cookie_cnt", "gt", "0"]),
    ("REQ_CONTENT", &["req.len", "gt", "0"]),
    ("TRUE", &["always_true"]),
    ("WAIT_END", &["wait_end"]),
];

impl Acls {
    /// The name that looks most like `name`.
    fn near(&self, name: &str) -> Option<String> {
        let own = self.named.keys().map(String::as_str);
        nearest(name, own.chain(PREDEFINED.iter().map(|(name, _)| *name))).map(str::to_owned)
    }
}

impl Reader<'_> {
    /// Reads what follows the word `acl`: a name and a test. A name given again matches if any of its tests does.
    pub fn acl(&mut self, words: &[&str], acls: &mut Acls) {
        let Some(name) = words.first().copied() else {
            let why = "a name is missing";
            self.report(
                Place { word: 0, start: 0, end: 0 },
                Problem::BadAclName { name: String::new(), why },
            );
            return;
        };
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
        let why = match name {
            "or" => Some("in a condition it means `or`"),
            "" => Some("it is empty"),
            name if !name.chars().all(allowed) => {
                Some("only letters, digits, `-`, `_`, `.` and `:` may be in it")
            }
            _ => None,
        };
        if let Some(why) = why {
            self.report(Place::word(0, name), Problem::BadAclName { name: name.to_owned(), why });
        }
        let tests = self.tests(words, 1, words.len(), name).filter(|_| why.is_none());
        let new = || Acl { tests: Some(Vec::new()), line: self.line };
        match (&mut acls.named.entry(name.to_owned()).or_insert_with(new).tests, tests) {
            (Some(all), Some(tests)) => all.extend(tests),
            (broken, _) => *broken = None,
        }
    }

    /// The tests that a name in a condition stands for: any of them may match.
    pub(super) fn named_tests(&mut self, name: &str, place: Place, acls: &Acls) -> Option<Vec<v1::Test>> {
        if let Some(acl) = acls.named.get(name) {
            // A further definition below counts: HAProxy adds it to the one that the condition refers to.
            let below = acl.line.filter(|line| self.line.is_some_and(|here| here < *line));
            if let Some(line) = below {
                self.report(place, Problem::AclBelow { name: name.to_owned(), line });
                return None;
            }
            return acl.tests.clone();
        }
        let Some((_, words)) = PREDEFINED.iter().find(|(predefined, _)| *predefined == name) else {
            let (name, near) = (name.to_owned(), acls.near(name));
            self.report(place, Problem::UnknownAcl { name, near });
            return None;
        };
        let mut inner = Reader::new(&NoFiles);
        let tests = inner.tests(words, 0, words.len(), name);
        for finding in inner.take_findings() {
            self.report(place, finding.problem);
        }
        tests
    }
}
