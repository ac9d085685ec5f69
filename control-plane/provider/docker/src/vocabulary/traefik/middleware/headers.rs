//! The middleware that sets headers.

use super::super::service::items;
use super::{Making, Middleware};
use crate::labels::is_name;
use crate::vocabulary::text::{backend_acl, line, literal};

/// Flags and values that are a header each, and its value where it is a flag.
const HEADERS: [(&str, &str, Option<&str>); 9] = [
    ("framedeny", "X-Frame-Options", Some("DENY")),
    ("customframeoptionsvalue", "X-Frame-Options", None),
    ("contenttypenosniff", "X-Content-Type-Options", Some("nosniff")),
    ("browserxssfilter", "X-XSS-Protection", Some("1; mode=block")),
    ("custombrowserxssvalue", "X-XSS-Protection", None),
    ("contentsecuritypolicy", "Content-Security-Policy", None),
    ("contentsecuritypolicyreportonly", "Content-Security-Policy-Report-Only", None),
    ("referrerpolicy", "Referrer-Policy", None),
    ("permissionspolicy", "Permissions-Policy", None),
];
const REQUESTS: &str = "headers.customrequestheaders.";
const ANSWERS: &str = "headers.customresponseheaders.";
const ORIGINS: &str = "headers.accesscontrolalloworiginlist";

impl Middleware<'_> {
    pub(super) fn headers(&mut self, to: &mut Making<'_>) {
        self.hosts(to);
        self.origins(to);
        for (key, setting) in self.block {
            let (when, prefix) = match (key.starts_with(REQUESTS), key.starts_with(ANSWERS)) {
                (true, _) => ("http-request", REQUESTS),
                (_, true) => ("http-after-response", ANSWERS),
                _ => continue,
            };
            let length = key.len() - prefix.len();
            let begin = setting.label.len().saturating_sub(length);
            let header = setting.label.get(begin..).unwrap_or_default();
            if !is_name(header) {
                to.tell(setting.unmet("is not the name of a header"));
                continue;
            }
            let text = if setting.value.is_empty() {
                format!("{when} del-header {header}")
            } else {
                format!("{when} set-header {header} {}", literal(&setting.value))
            };
            if prefix == REQUESTS {
                to.wanted.say(&setting.label, text);
            } else {
                self.answers.push(line(&setting.label, text));
            }
        }
        for (key, header, value) in HEADERS {
            let Some(setting) = self.get(&format!("headers.{key}")) else { continue };
            if value.is_some() && !self.is_set(&format!("headers.{key}")) {
                continue;
            }
            let value = literal(value.unwrap_or(&setting.value));
            self.answers
                .push(line(&setting.label, format!("http-after-response set-header {header} {value}")));
        }
        self.transport(to);
    }

    /// Strict-Transport-Security
    fn transport(&mut self, to: &mut Making<'_>) {
        let Some((setting, seconds)) =
            self.number("headers.stsseconds", to).filter(|(_, seconds)| *seconds > 0)
        else {
            return;
        };
        let flag = |key: &str, text: &'static str| if self.is_set(key) { text } else { "" };
        let value = format!(
            "max-age={seconds}{}{}",
            flag("headers.stsincludesubdomains", "; includeSubDomains"),
            flag("headers.stspreload", "; preload")
        );
        let when = flag("headers.forcestsheader", " ");
        let when = if when.is_empty() { " if { ssl_fc }" } else { "" };
        let text =
            format!("http-after-response set-header Strict-Transport-Security {}{when}", literal(&value));
        self.answers.push(line(&setting.label, text));
    }

    fn hosts(&self, to: &mut Making<'_>) {
        let Some(setting) = self.get("headers.allowedhosts") else { return };
        let hosts: Vec<String> = items(Some(setting)).iter().map(|host| host.to_ascii_lowercase()).collect();
        if hosts.is_empty() {
            return;
        }
        let name = format!("hosts-{:08x}", crate::groups::hash(self.name));
        to.wanted.backend.extend(backend_acl(
            &setting.label,
            &name,
            "req.hdr(host),host_only,lower -m str",
            &hosts,
        ));
        to.wanted.say(&setting.label, format!("http-request deny unless {name}"));
    }

    /// Requests of pages from elsewhere.
    fn origins(&mut self, to: &mut Making<'_>) {
        let Some(setting) = self.get(ORIGINS) else { return };
        let origins = items(Some(setting));
        let Some(first) = origins.first() else { return };
        let any = origins.iter().any(|origin| origin == "*");
        let label = &setting.label;
        let value =
            |key: &str| self.get(&format!("headers.accesscontrol{key}")).map(|setting| setting.value.trim());
        let pairs = [
            ("Access-Control-Allow-Methods", value("allowmethods")),
            ("Access-Control-Allow-Headers", value("allowheaders")),
            ("Access-Control-Max-Age", value("maxage")),
        ];
        let credentials = self.is_set("headers.accesscontrolallowcredentials");
        let pairs = pairs.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let pairs = pairs.chain(credentials.then_some(("Access-Control-Allow-Credentials", "true")));
        let more: String = pairs.map(|(name, value)| format!(" hdr {name} {}", literal(value))).collect();
        let name = format!("origin-{:08x}", crate::groups::hash(self.name));
        let (sample, patterns) = if any {
            ("req.fhdr(origin) -m found", Vec::new())
        } else {
            ("req.fhdr(origin) -m str", origins.clone())
        };
        to.wanted.backend.extend(backend_acl(label, &name, sample, &patterns));
        let shown = if any { literal("*") } else { "%[req.fhdr(origin)]".to_owned() };
        let when =
            format!("{name} {{ method OPTIONS }} {{ req.fhdr(access-control-request-method) -m found }}");
        let text =
            format!("http-request return status 200 hdr Access-Control-Allow-Origin {shown}{more} if {when}");
        to.wanted.say(label, text);
        if origins.len() > 1 && !any {
            to.tell(setting.unmet(
                "of several origins only preflights are answered: which one asked is not known later",
            ));
            return;
        }
        let shown = literal(if any { "*" } else { first });
        let mut answers = vec![format!("set-header Access-Control-Allow-Origin {shown}")];
        if credentials {
            answers.push("set-header Access-Control-Allow-Credentials true".to_owned());
        }
        if let Some(exposed) = value("exposeheaders") {
            answers.push(format!("set-header Access-Control-Expose-Headers {}", literal(exposed)));
        }
        if self.is_set("headers.addvaryheader") {
            answers.push("add-header Vary Origin".to_owned());
        }
        let answers = answers.iter().map(|text| line(label, format!("http-after-response {text}")));
        self.answers.extend(answers);
    }
}
