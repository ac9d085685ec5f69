//! `option httpchk` and `http-check …`

use sluicegate_proto::v1::{self, check_expect::Pattern, check_step::Action, health_check::Probe};

use super::super::Lowering;
use super::super::rule::Args;
use super::super::settings::Lines;
use super::steps::{Draft, Kind, steps};
use super::tcp::Commented;
use super::written::Written;
use crate::ast::Directive;
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::is_token;
use crate::raw;
use crate::word::Word;

/// What a line says of a request.
#[derive(Default)]
struct Ask {
    method: Option<String>,
    uri: Option<Uri>,
    version: Option<String>,
    headers: Vec<v1::Header>,
    body: Option<Written>,
}

/// What is asked for.
enum Uri {
    Is(String),
    Made(v1::Format),
}

impl Ask {
    /// What `over` says goes before; its headers take the place of all that there are, even if it has none.
    fn under(self, over: Ask) -> Ask {
        Ask {
            method: over.method.or(self.method),
            uri: over.uri.or(self.uri),
            version: over.version.or(self.version),
            headers: over.headers,
            body: over.body.or(self.body),
        }
    }

    fn request(self) -> v1::HttpProbe {
        let (uri, made_uri) = match self.uri {
            None => ("/".to_owned(), None),
            Some(Uri::Is(uri)) => (uri, None),
            Some(Uri::Made(format)) => (String::new(), Some(format)),
        };
        let (body, made_body) = match self.body {
            None => (bytes::Bytes::new(), None),
            Some(Written::Is(body)) => (body, None),
            Some(Written::Made(format)) => (bytes::Bytes::new(), Some(format)),
        };
        v1::HttpProbe {
            method: self.method.unwrap_or_else(|| "OPTIONS".into()),
            uri,
            version: self.version.unwrap_or_else(|| "HTTP/1.0".into()),
            headers: self.headers,
            body,
            expected: Vec::new(),
            made_uri,
            made_body,
        }
    }
}

/// A rule, before requests are settled.
enum Rule {
    Ask(u32, Ask, String),
    Other(Draft),
}

impl Rule {
    fn action(&self) -> Option<Step> {
        match self {
            Self::Ask(..) => Some(Step::Ask),
            Self::Other(draft) => match draft.action()? {
                Action::Connect(_) => Some(Step::Connect),
                Action::Send(_) | Action::Request(_) => Some(Step::Ask),
                Action::Expect(_) => Some(Step::Expect),
                Action::Set(_) | Action::Unset(_) => None,
            },
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Connect,
    Ask,
    Expect,
}

impl<'a> Lowering<'a> {
    /// `option httpchk`. `None` where it cannot be made as it is written.
    pub(super) fn http_check(&mut self, lines: &Lines<'a>) -> Option<Probe> {
        let mut drafts = self.http_drafts(lines)?;
        let last = drafts.iter().rev().find(|draft| draft.action().is_some());
        if let Some(Draft { number, .. }) = last.filter(|it| matches!(it.action(), Some(Action::Request(_))))
        {
            drafts.push(Draft::step(*number, Action::Expect(success())));
        }
        let script = v1::CheckScript {
            steps: steps(drafts),
            http: true,
            explained: false,
            disable_on_404: lines.is_on("http-check disable-on-404"),
            send_state: lines.is_on("http-check send-state"),
        };
        Some(simple(&script).map_or(Probe::Script(script), Probe::Http))
    }

    /// The lines that count: those of the section itself where it says anything of HTTP checks, else those of its
    /// `defaults`. Rules without a request of their own keep that of the `defaults`; HAProxy sends none then, so that no
    /// check ever passes.
    fn http_drafts(&mut self, lines: &Lines<'a>) -> Option<Vec<Draft>> {
        let option = lines.own("option httpchk").last();
        let rules = lines.check_rules("http-check");
        let (option, rules) = match (option, lines.parent()) {
            (None, Some(parent)) if rules.is_empty() => return self.http_drafts(parent),
            (None, parent) if !rules.iter().any(|line| line.name() == "http-check send") => {
                (parent.and_then(|parent| parent.last("option httpchk")), rules)
            }
            (option, _) => (option, rules),
        };
        self.few_steps(&rules)?;
        let asked = option.map(|line| self.httpchk(line));
        let read: Vec<_> =
            (1..).zip(&rules).map(|(number, line)| self.http_check_rule(number, line)).collect();
        let asked = match asked {
            Some(ask) => Some(ask?),
            None => None,
        };
        let read: Vec<Rule> = read.into_iter().collect::<Option<_>>()?;
        self.http_order(&rules, &read);
        let above = option.is_some_and(|option| {
            let first = rules.iter().find(|line| line.name() == "http-check send");
            first.is_none_or(|first| {
                // One of another section is above, too.
                option.span.start < first.span.start || option.span.source != first.span.source
            })
        });
        Some(settled(read, asked, above))
    }

    /// Steps that HAProxy refuses because of the one above them.
    fn http_order(&mut self, lines: &[&'a Directive], rules: &[Rule]) {
        let mut before = None;
        for (line, rule) in lines.iter().zip(rules) {
            let Some(step) = rule.action() else { continue };
            let lacks = match (before, step) {
                (Some(Step::Ask | Step::Expect), Step::Ask) => Some("http-check connect"),
                (Some(Step::Connect), Step::Expect) => Some("http-check send"),
                (Some(Step::Connect | Step::Ask), Step::Connect) => Some("http-check expect"),
                _ => None,
            };
            if let Some(lacks) = lacks {
                let message = format!("`{}` needs `{lacks}` above it", line.name());
                self.report(Diagnostic::error(Code::BadValue, line.keyword_span(), message));
            }
            before = Some(step);
        }
    }

    fn http_check_rule(&mut self, number: u32, line: &'a Directive) -> Option<Rule> {
        let draft = match line.name() {
            "http-check comment" => Draft { number, comment: self.check_comment(line)?, kind: Kind::Comment },
            "http-check connect" => {
                let (connect, comment) = self.check_connect(line)?;
                Draft { comment, ..Draft::step(number, Action::Connect(connect)) }
            }
            "http-check expect" => {
                let (expect, comment) = self.check_expect(line, true)?;
                Draft { comment, ..Draft::step(number, Action::Expect(expect)) }
            }
            "http-check send" => {
                let (ask, comment) = self.check_send(line)?;
                return Some(Rule::Ask(number, ask, comment));
            }
            _ => self.check_variable(number, line)?,
        };
        Some(Rule::Other(draft))
    }

    /// `option httpchk [[<method>] <uri> [<version> [<host>]]]`
    fn httpchk(&mut self, line: &'a Directive) -> Option<Ask> {
        let mut ask = Ask::default();
        match line.args() {
            [] => {}
            [uri] => ask.uri = Some(Uri::Is(self.check_uri(uri)?)),
            [method, uri, rest @ ..] => {
                ask.method = Some(self.check_method(method)?);
                ask.uri = Some(Uri::Is(self.check_uri(uri)?));
                if let Some(version) = rest.first() {
                    ask.version = Some(self.check_version(version)?);
                }
                if let Some(host) = rest.get(1) {
                    self.header_value(host)?;
                    ask.headers.push(v1::Header {
                        name: "Host".into(),
                        value: raw::bytes(host.text()).into_owned().into(),
                        made: None,
                    });
                }
            }
        }
        Some(ask)
    }

    fn check_method(&mut self, word: &Word) -> Option<String> {
        if is_token(word.text().as_bytes()) {
            return Some(word.text().to_owned());
        }
        let message = format!("`{}` is not a method", word.text());
        self.report(Diagnostic::error(Code::BadValue, word.span(), message));
        None
    }

    fn check_uri(&mut self, word: &Word) -> Option<String> {
        self.uri_text(word, word.text().as_bytes())
    }

    fn uri_text(&mut self, word: &Word, text: &[u8]) -> Option<String> {
        let good = |byte: &u8| *byte > b' ' && *byte != 0x7f;
        match std::str::from_utf8(text) {
            Ok(uri) if !uri.is_empty() && text.iter().all(good) => Some(uri.to_owned()),
            _ => {
                let message = format!("`{}` is not a path to check", word.text().escape_debug());
                self.report(
                    Diagnostic::error(Code::BadValue, word.span(), message)
                        .help("write a path like `/health`"),
                );
                None
            }
        }
    }

    fn check_version(&mut self, word: &Word) -> Option<String> {
        let version = word.text();
        if matches!(version, "HTTP/1.0" | "HTTP/1.1") {
            return Some(version.to_owned());
        }
        let message = format!("`{}` is not a version of HTTP that checks can have", version.escape_debug());
        self.report(
            Diagnostic::error(Code::BadValue, word.span(), message)
                .help("allowed are `HTTP/1.0` and `HTTP/1.1`"),
        );
        None
    }

    /// `http-check send [meth <method>] [{ uri | uri-lf } <uri>] [ver <version>] [hdr <name> <value>]* …`
    fn check_send(&mut self, line: &'a Directive) -> Option<Commented<Ask>> {
        let mut args = Args::new(line.args(), line.end());
        let (mut ask, mut comment) = (Ask::default(), String::new());
        while let Some(word) = args.value() {
            if word.text() == "hdr" {
                let name = match args.value() {
                    Some(name) => self.header_name(name)?,
                    None => return self.missing(&args, "the name of a header"),
                };
                let Some(value) = args.value() else { return self.missing(&args, "a value") };
                self.header_value(value)?;
                let (value, made) = match self.check_format(value, &args)? {
                    Written::Is(text) => (text, None),
                    Written::Made(format) => (bytes::Bytes::new(), Some(format)),
                };
                ask.headers.push(v1::Header { name, value, made });
                continue;
            }
            let Some(value) = args.value() else {
                self.incomplete(word, "a value");
                return None;
            };
            match word.text() {
                "meth" => ask.method = Some(self.check_method(value)?),
                "uri" => ask.uri = Some(Uri::Is(self.check_uri(value)?)),
                "uri-lf" => {
                    ask.uri = Some(match self.check_format(value, &args)? {
                        Written::Is(text) if text.is_empty() => Uri::Is("/".to_owned()),
                        Written::Is(text) => Uri::Is(self.uri_text(value, &text)?),
                        Written::Made(format) => Uri::Made(format),
                    });
                }
                "ver" => ask.version = Some(self.check_version(value)?),
                "body" => ask.body = Some(Written::Is(raw::bytes(value.text()).into_owned().into())),
                "body-lf" => ask.body = Some(self.check_format(value, &args)?),
                "comment" => comment = self.plain(value)?,
                _ => {
                    let allowed = ["meth", "uri", "uri-lf", "ver", "hdr", "body", "body-lf", "comment"];
                    self.not_one_of(word, "an argument of `http-check send`", &allowed);
                    return None;
                }
            }
        }
        Some((ask, comment))
    }
}

/// Settles what `option httpchk` asks: it is the first request of the rules, or one that they do not have. Of two lines the
/// lower one goes before.
fn settled(rules: Vec<Rule>, mut asked: Option<Ask>, above: bool) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = Vec::new();
    for rule in rules {
        drafts.push(match rule {
            Rule::Other(draft) => draft,
            Rule::Ask(number, ask, comment) => {
                let ask = match asked.take() {
                    Some(option) if above => option.under(ask),
                    Some(option) => ask.under(option),
                    None => ask,
                };
                Draft { comment, ..Draft::step(number, Action::Request(ask.request())) }
            }
        });
    }
    if let Some(ask) = asked {
        let first = drafts.iter().position(|draft| draft.action().is_some());
        let connect = first.filter(|&at| matches!(drafts[at].action(), Some(Action::Connect(_))));
        let number = connect.map_or(1, |at| drafts[at].number);
        drafts.insert(connect.map_or(0, |at| at + 1), Draft::step(number, Action::Request(ask.request())));
    }
    drafts
}

/// What is good where nothing is said.
fn success() -> v1::CheckExpect {
    let ranges = vec![v1::StatusRange { first: 200, last: 399 }];
    v1::CheckExpect {
        pattern: Some(Pattern::Status(v1::StatusRanges { ranges })),
        ..v1::CheckExpect::default()
    }
}

/// One request and a look at its status, which proxies of all versions know.
fn simple(script: &v1::CheckScript) -> Option<v1::HttpProbe> {
    let [connect, request, expect] = script.steps.as_slice() else { return None };
    let (Some(Action::Request(request)), Some(Action::Expect(expect))) = (&request.action, &expect.action)
    else {
        return None;
    };
    let bare = script.steps.iter().all(|step| step.comment.is_empty()) && connect.number == 0;
    let Some(Pattern::Status(status)) = &expect.pattern else { return None };
    let plain = v1::CheckExpect { pattern: expect.pattern.clone(), ..v1::CheckExpect::default() };
    if !bare || script.disable_on_404 || script.send_state || *expect != plain {
        return None;
    }
    let usual = status.ranges == [v1::StatusRange { first: 200, last: 399 }];
    let expected = if usual { Vec::new() } else { status.ranges.clone() };
    Some(v1::HttpProbe { expected, ..request.clone() })
}
