//! Words that stand after a complete line.
//!
//! HAProxy up to 1.5 ignored them almost everywhere, and later versions still do after some keywords. Where 2.6 takes
//! such a line without a word, it is taken here too, and said.

use super::Parser;
use crate::ast::Directive;
use crate::diagnostic::{Code, Diagnostic};
use crate::keywords::{Arity, Place};

/// Keywords after whose arguments HAProxy 2.6 ignores what follows.
const IGNORED_AFTER: &[&str] = &[
    "capture cookie",
    "email-alert from",
    "email-alert level",
    "email-alert mailers",
    "email-alert myhostname",
    "email-alert to",
    "errorfile",
    "errorloc",
    "errorloc302",
    "errorloc303",
    "hard-stop-after",
    "http-send-name-header",
    "load-server-state-from-file",
    "log-send-hostname",
    "log-tag",
    "max-keep-alive-queue",
    "option redispatch",
    "presetenv",
    "rate-limit sessions",
    "setenv",
    "stats auth",
    "stats enable",
    "stats hide-version",
    "stats maxconn",
    "stats realm",
    "stats refresh",
    "stats scope",
    "stats show-legends",
    "stats show-node",
    "stats timeout",
    "stats uri",
    "tcp-request inspect-delay",
    "unique-id-header",
];

impl Parser {
    /// Leaves out the words that HAProxy would ignore.
    pub(super) fn drop_tail(&mut self, directive: &mut Directive, place: Place) {
        let keyword = directive.keyword;
        let max = usize::from(keyword.args.max);
        // HAProxy reads the same keyword by other code in `global`, which minds.
        let minds = keyword.name == "log-tag" && place == Place::Global;
        if keyword.args.max == Arity::ANY || minds || !IGNORED_AFTER.contains(&keyword.name) {
            return;
        }
        let Some([first, rest @ ..]) = directive.args().get(max..) else { return };
        let last = rest.last().unwrap_or(first);
        let span = first.span().to(last.span());
        let message = format!("`{}` ends before these words", keyword.name);
        let finding = Diagnostic::warning(Code::IgnoredWords, span, message)
            .label("left out, as HAProxy 2.6 does without a word")
            .help(format!("the form is `{}`", keyword.form()));
        self.report(finding);
        directive.words.truncate(directive.head + max);
    }
}
