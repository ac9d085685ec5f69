//! `http-request`, `http-response` and `redirect`, in the order in which they run.

use sluicegate_proto::limits::MAX_RULES;
use sluicegate_proto::v1::{self, Match, rule::Action};

use super::Lowering;
use super::report::texts;
use super::rule::Args;
use super::settings::Lines;
use super::tcp_rule::CONTENT;
use crate::ast::Directive;
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::{Acls, Bounds, Phase, Scope};
use crate::keywords::Keyword;
use crate::raw;
use crate::word::Word;

/// Rules in their order, and where each stands.
#[derive(Clone, Debug, Default)]
pub(super) struct RuleList {
    pub(super) rules: Vec<v1::Rule>,
    origins: Vec<v1::Origin>,
}

impl RuleList {
    pub(super) fn push(&mut self, (rule, origin): (v1::Rule, v1::Origin)) {
        self.rules.push(rule);
        self.origins.push(origin);
    }

    /// Puts a rule in front of all others.
    pub(super) fn put_first(&mut self, (rule, origin): (v1::Rule, v1::Origin)) {
        self.rules.insert(0, rule);
        self.origins.insert(0, origin);
    }

    /// Where its rules stand, for what has them and stands there.
    pub(super) fn provenance(&self, origin: v1::Origin) -> v1::Provenance {
        let request_rules = self.origins.clone();
        v1::Provenance { origin: Some(origin), request_rules, ..v1::Provenance::default() }
    }

    /// The same with all of another list.
    pub(super) fn put_all_first(&mut self, first: RuleList) {
        let after = std::mem::replace(self, first);
        self.extend(after);
    }
}

impl Extend<(v1::Rule, v1::Origin)> for RuleList {
    fn extend<T: IntoIterator<Item = (v1::Rule, v1::Origin)>>(&mut self, rules: T) {
        rules.into_iter().for_each(|rule| self.push(rule));
    }
}

impl IntoIterator for RuleList {
    type Item = (v1::Rule, v1::Origin);
    type IntoIter = std::iter::Zip<std::vec::IntoIter<v1::Rule>, std::vec::IntoIter<v1::Origin>>;

    fn into_iter(self) -> Self::IntoIter {
        self.rules.into_iter().zip(self.origins)
    }
}

/// The answer of a rule that turns away.
pub(super) fn refusal(status: u32) -> v1::Reply {
    let content = Some(v1::reply::Content::ErrorPage(v1::Empty {}));
    v1::Reply { status, content, ..v1::Reply::default() }
}

/// The rules of a proxy.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    pub(super) request: RuleList,
    pub(super) response: RuleList,
    /// Over the first bytes, in TCP mode.
    pub(super) first: RuleList,
    /// Over what servers say first, or in HTTP mode over responses, before all others; of the half that has servers.
    pub(super) answer: RuleList,
}

impl Rules {
    /// Whether there are none but those that stand with the servers in any case.
    pub(super) fn is_empty(&self) -> bool {
        [&self.request, &self.response, &self.first].iter().all(|list| list.rules.is_empty())
    }

    /// The place of a proxy with these rules.
    pub(super) fn provenance(&self, origin: v1::Origin) -> v1::Provenance {
        v1::Provenance {
            origin: Some(origin),
            request_rules: self.request.origins.clone(),
            response_rules: self.response.origins.clone(),
            inspection_rules: self.first.origins.clone(),
            response_inspection_rules: self.answer.origins.clone(),
        }
    }
}

/// What the connections of a proxy carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carries {
    Bytes,
    Requests,
    /// Bytes, which turn into requests where a rule says so.
    Both,
}

impl Carries {
    /// Whether there are requests.
    pub(super) fn requests(self) -> bool {
        self != Self::Bytes
    }
}

impl<'a> Lowering<'a> {
    /// The rules of a proxy: those of its named `defaults` first. `redirect` lines run after all `http-request` lines
    /// (manual 4.2, redirect).
    pub(super) fn rules(&mut self, lines: &Lines<'a>, acls: &Acls, proxy: &str, carries: Carries) -> Rules {
        let http = carries == Carries::Requests;
        let mut rules = Rules::default();
        let mut late = RuleList::default();
        let mut after = RuleList::default();
        if let Some(parent) = lines.parent() {
            // The ACLs of `defaults` are for its own rules.
            let own = self.acls(parent);
            let inherited = self.rules(parent, &own, proxy, carries);
            rules = inherited;
        }
        let mut entry = self.tcp_rules(lines, acls, http);
        if carries == Carries::Both {
            // The other list is for requests. None of these lets in, so their order does not matter.
            entry.extend(std::mem::take(&mut rules.first));
            rules.first = entry;
        } else {
            rules.request.extend(entry);
        }
        if !http {
            rules.first.extend(self.byte_rules(lines.own(CONTENT), acls, Phase::Request));
        }
        rules.answer.extend(self.answer_rules(lines, acls, http));
        let mut first_ignored = None;
        for line in lines.own_lines().iter().copied() {
            let list = match line.name() {
                "http-request" => &mut rules.request,
                "redirect" => &mut late,
                "http-response" => &mut rules.response,
                "http-after-response" => &mut after,
                _ if line.action.is_none() && line.keyword.refusal().is_some() => &mut late,
                _ => continue,
            };
            if carries.requests() {
                list.extend(self.http_rule(line, acls));
            } else if line.keyword.refusal().is_some() {
                rules.request.extend(self.http_rule(line, acls));
            } else {
                first_ignored = first_ignored.or(Some(line));
            }
        }
        if let Some(line) = first_ignored {
            self.needs_http(line, proxy);
        }
        if http && lines.section().kind.is_proxy() {
            rules.request.extend(self.stats(lines, acls));
        } else if !http
            && let Some(line) = lines.own_lines().iter().find(|line| line.name().starts_with("stats "))
        {
            self.needs_http(line, proxy);
        }
        rules.request.extend(late);
        rules.response.extend(after);
        self.misplaced(lines);
        rules
    }

    /// Refuses a list with more rules than are taken.
    pub(super) fn few_enough(&mut self, lines: &Lines<'a>, proxy: &str, list: &RuleList) {
        let count = list.rules.len();
        if count > MAX_RULES {
            let message = format!("`{proxy}` has {count} rules, at most {MAX_RULES} are taken");
            self.report(Diagnostic::error(Code::BadValue, lines.section().span, message));
        }
    }

    /// Warns of lines that run before others that stand above them.
    fn misplaced(&mut self, lines: &Lines<'a>) {
        let rank = |name: &str| match name {
            "http-request" => Some(0),
            "redirect" => Some(1),
            "use_backend" => Some(2),
            _ => None,
        };
        let mut latest: Option<(usize, &Directive)> = None;
        let mut told = [false; 3];
        for line in lines.own_lines().iter().copied() {
            let Some(rank) = rank(line.name()) else { continue };
            match latest {
                Some((highest, _)) if rank < highest && told[rank] => {}
                Some((highest, above)) if rank < highest => {
                    told[rank] = true;
                    let message =
                        format!("this `{}` runs before the `{}` above it", line.name(), above.name());
                    self.report(
                        Diagnostic::warning(Code::MisplacedRule, line.span, message)
                            .related(above.span, "runs later")
                            .help("write the lines in the order in which they run"),
                    );
                }
                _ => latest = Some((rank, line)),
            }
        }
    }

    /// The rules of a line; none where its action is left out, or is wrong.
    fn http_rule(&mut self, line: &'a Directive, acls: &Acls) -> Vec<(v1::Rule, v1::Origin)> {
        self.http_action(line, acls).unwrap_or_default()
    }

    fn http_action(&mut self, line: &'a Directive, acls: &Acls) -> Option<Vec<(v1::Rule, v1::Origin)>> {
        let answers = matches!(line.name(), "http-response" | "http-after-response");
        let phase = if answers { Phase::Response } else { Phase::Request };
        let scope = Scope { phase, http: true };
        let keyword = line.action.unwrap_or(line.keyword);
        let words = line.args().get(line.action.map_or(0, Keyword::words)..).unwrap_or_default();
        let mut args = Args::new(words, line.end());
        if let Some(status) = keyword.refusal() {
            let asked = args.named(&["status", "deny_status"]).and_then(|word| word.text().parse().ok());
            let status = asked.filter(|status| (200..=599).contains(status)).unwrap_or(status);
            let action = Action::Deny(refusal(status));
            return self.ruled(line, (&args, action), acls, scope);
        }
        if keyword.is_degraded() {
            return None;
        }
        let action = match keyword.name {
            "allow" => Action::Allow(v1::Allow {}),
            "deny" if answers => Action::Deny(self.reply(&mut args, scope, 502)?),
            "deny" => Action::Deny(self.reply(&mut args, scope, 403)?),
            "return" => Action::Return(self.reply(&mut args, scope, 200)?),
            "redirect" => {
                // The target of a plain `redirect` is text, that of `http-request redirect` a format.
                let format = line.action.is_some().then_some(scope);
                Action::Redirect(self.redirect(&mut args, format)?)
            }
            "set-header" => Action::SetHeader(self.set_header(&mut args, scope)?),
            "use-service prometheus-exporter" => {
                Action::Service(v1::Service { kind: Some(v1::service::Kind::Exporter(v1::Empty {})) })
            }
            "add-header" => Action::AddHeader(self.set_header(&mut args, scope)?),
            "normalize-uri" => {
                let (action, strict) = self.normalize(&mut args)?;
                let mut rules = Vec::new();
                if strict {
                    rules.extend(self.strictly(line, &args, acls)?);
                }
                rules.extend(self.ruled(line, (&args, action), acls, scope)?);
                return Some(rules);
            }
            "set-priority-class" | "set-priority-offset" => self.priority(keyword.name, &mut args, scope)?,
            "set-retries" => Action::SetRetries(self.sample(&mut args, scope)?),
            "cache-use" => self.cache_action(&mut args, Action::UseCache)?,
            "cache-store" => self.cache_action(&mut args, Action::StoreInCache)?,
            "disable-l7-retry" => Action::DisableRetries(v1::Empty {}),
            "del-header" => Action::DeleteHeader(self.delete_header(&mut args)?),
            other => match self.rewrite(other, &mut args, scope) {
                Some(action) => action?,
                None => {
                    let message = format!("`{} {other}` is not supported yet", line.name());
                    let span = line.args().first().map_or(line.span, Word::span);
                    self.report(Diagnostic::error(Code::UnsupportedKeyword, span, message));
                    return None;
                }
            },
        };
        self.ruled(line, (&args, action), acls, scope)
    }

    /// An action under the condition that the words end in.
    pub(super) fn ruled(
        &mut self,
        line: &'a Directive,
        (args, action): (&Args<'a>, Action),
        acls: &Acls,
        scope: Scope,
    ) -> Option<Vec<(v1::Rule, v1::Origin)>> {
        let when = self.ending(line, args, acls, scope)?;
        let origin = self.origin(line.span);
        let rules = self.settled_rules(line, when.as_ref(), action);
        Some(rules.into_iter().map(|rule| (rule, origin.clone())).collect())
    }

    /// The condition that the words end in, if they do; `None`: it is wrong.
    pub(super) fn ending(
        &mut self,
        line: &'a Directive,
        args: &Args<'a>,
        acls: &Acls,
        scope: Scope,
    ) -> Option<Option<Bounds>> {
        let Some(at) = args.condition() else { return Some(None) };
        self.reader.stand_at(line.span);
        let when = self.reader.condition(&texts(args.words()), at, acls, scope);
        self.expression_findings(args.words(), line.span);
        when.map(Some)
    }

    /// `set-priority-class` and `set-priority-offset`.
    pub(super) fn priority(&mut self, name: &str, args: &mut Args<'a>, scope: Scope) -> Option<Action> {
        let sample = self.sample(args, scope)?;
        let part = match name {
            "set-priority-class" => v1::set_priority::Part::Class(sample),
            _ => v1::set_priority::Part::Offset(sample),
        };
        Some(Action::SetPriority(v1::SetPriority { part: Some(part) }))
    }

    /// An expression.
    fn sample(&mut self, args: &mut Args<'a>, scope: Scope) -> Option<v1::Sample> {
        if args.parameter().is_none() {
            return self.missing(args, "an expression");
        }
        let at = args.last();
        args.skip();
        let end = args.condition().unwrap_or(args.words().len());
        let sample = self.reader.sample(&texts(&args.words()[..end]), at, scope);
        self.expression_findings(args.words(), args.end());
        sample
    }

    /// A name and a format.
    pub(super) fn set_header(&mut self, args: &mut Args<'a>, scope: Scope) -> Option<v1::SetHeader> {
        let Some(name) = args.value() else { return self.missing(args, "the name of a header") };
        let name = self.header_name(name);
        let Some(word) = args.value() else { return self.missing(args, "a value") };
        self.header_value(word)?;
        let value = self.format(args, scope);
        Some(v1::SetHeader { name: name?, value: Some(value?) })
    }

    /// Refuses what would end a header line (RFC 9110 5.5).
    pub(super) fn header_value(&mut self, word: &Word) -> Option<()> {
        if !word.text().contains(['\r', '\n', '\0']) {
            return Some(());
        }
        let message = "a line end cannot stand in the value of a header";
        self.report(Diagnostic::error(Code::BadValue, word.span(), message));
        None
    }

    fn delete_header(&mut self, args: &mut Args<'a>) -> Option<v1::DeleteHeader> {
        let Some(name) = args.value() else { return self.missing(args, "the name of a header") };
        let mut method = Match::Str;
        if let Some(flag) = args.parameter() {
            if flag.text() != "-m" {
                self.unexpected(flag, "the form is `del-header <name> [-m <method>]`");
                return None;
            }
            let Some(word) = args.value() else { return self.missing(args, "a matching method") };
            method = match word.text() {
                "str" => Match::Str,
                "beg" => Match::Beg,
                "end" => Match::End,
                "sub" => Match::Sub,
                "reg" => Match::Reg,
                _ => {
                    self.not_one_of(word, "a way to compare names", &["str", "beg", "end", "sub", "reg"]);
                    return None;
                }
            };
        }
        let name = match method {
            Match::Str => self.header_name(name)?,
            Match::Reg => self.regex(name)?,
            _ => raw::text(name.text()).into_owned(),
        };
        Some(v1::DeleteHeader { name, r#match: method.into() })
    }

    /// The format that the word taken last is.
    pub(super) fn format(&mut self, args: &Args<'a>, scope: Scope) -> Option<v1::Format> {
        let format = self.reader.format(&texts(args.words()), args.last(), scope);
        self.expression_findings(args.words(), args.end());
        format
    }

    /// The line ends too early.
    pub(super) fn missing<T>(&mut self, args: &Args<'a>, expected: &str) -> Option<T> {
        let message = format!("{expected} is missing");
        self.report(Diagnostic::error(Code::MissingArgument, args.end(), message).label("here"));
        None
    }
}
