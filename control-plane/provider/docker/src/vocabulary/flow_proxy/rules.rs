//! What is done to requests of a destination, as lines of its backend.

use super::{Destination, Setting};
use crate::labels::is_name;
use crate::labels::{is_backend_line, is_host, is_one_line};
use crate::vocabulary::text::{backend_acl, list, replacement, word};
use crate::wanted::{Mode, Wanted};

/// Most headers of one list.
const MAX_HEADERS: usize = 100;
/// Lists of headers, and the lines that they are.
const HEADERS: [(&str, &str); 6] = [
    ("addReqHeader", "http-request add-header"),
    ("setReqHeader", "http-request set-header"),
    ("delReqHeader", "http-request del-header"),
    ("addResHeader", "http-response add-header"),
    ("setResHeader", "http-response set-header"),
    ("delResHeader", "http-response del-header"),
];

impl Destination<'_> {
    pub(super) fn backend(&mut self, wanted: &mut Wanted) {
        for (name, keyword) in [("timeoutServer", "timeout server"), ("timeoutTunnel", "timeout tunnel")] {
            match self.get(name) {
                Some((label, value)) if value.parse::<u32>().is_ok() => {
                    wanted.say(label, format!("{keyword} {value}s"))
                }
                Some(setting) => self.tell(setting, "is not a number of seconds"),
                None => {}
            }
        }
        if let Some(label) = self.flag("sslVerifyNone") {
            wanted.serve(label, "ssl verify none");
        }
        if let Some(label) = self.flag("checkTcp") {
            wanted.serve(label, "check");
        }
        if wanted.mode == Mode::Http {
            self.refusals(wanted);
            self.redirects(wanted);
            self.rewrites(wanted);
            self.headers(wanted);
            self.connections(wanted);
        }
        self.extra(wanted);
    }

    /// Who is not let in.
    fn refusals(&mut self, wanted: &mut Wanted) {
        for name in ["users", "usersSecret"] {
            if let Some((label, _)) = self.get(name) {
                wanted.say(label, "http-request deny");
            }
        }
        if let Some(label) = self.flag("denyHttp") {
            wanted.say(label, "http-request deny unless { ssl_fc }");
        }
        if let Some(label) = self.flag("verifyClientSsl") {
            wanted.say(label, "http-request deny unless { ssl_c_used } { ssl_c_verify 0 }");
        }
        for (name, when) in [("allowedMethods", "unless"), ("deniedMethods", "if")] {
            let Some(setting) = self.get(name) else { continue };
            let methods: Vec<String> = list(setting.1).map(str::to_ascii_uppercase).collect();
            wanted.backend.extend(backend_acl(setting.0, name, "method", &methods));
            wanted.say(setting.0, format!("http-request deny {when} {name}"));
        }
    }

    fn redirects(&mut self, wanted: &mut Wanted) {
        let code = match self.get("httpsRedirectCode").map(|setting| (setting, setting.1.parse::<u16>())) {
            Some((_, Ok(code))) if [301, 302, 303, 307, 308].contains(&code) => code,
            Some((setting, _)) => {
                self.tell(setting, "is no status of a redirect; it is 302");
                302
            }
            None => 302,
        };
        if let Some(label) = self.flag("httpsOnly") {
            wanted.say(label, format!("http-request redirect scheme https code {code} unless {{ ssl_fc }}"));
        }
        if let Some(label) = self.flag("redirectWhenHttpProto") {
            let when = "{ req.hdr(x-forwarded-proto) -i -m str http }";
            // Before it is told what is so here.
            let line = format!("http-request redirect scheme https code {code} if {when}");
            wanted.backend.insert(0, crate::vocabulary::text::line(label, line));
        }
        let Some(setting) = self.get("redirectFromDomain") else { return };
        let from: Vec<String> = list(setting.1).map(str::to_ascii_lowercase).collect();
        let to = wanted.hosts.first().filter(|to| is_host(to)).cloned();
        let (Some(to), true) = (to, from.iter().all(|host| is_host(host))) else {
            return self
                .tell(setting, "it leads from host names to the first of serviceDomain, which is none");
        };
        wanted.backend.extend(backend_acl(setting.0, "moved", "req.hdr(host),host_only,lower -m str", &from));
        for (scheme, when) in [("https", "{ ssl_fc }"), ("http", "!{ ssl_fc }")] {
            wanted.say(
                setting.0,
                format!("http-request redirect prefix {scheme}://{to} code 301 if moved {when}"),
            );
        }
        wanted.hosts.extend(from);
    }

    fn rewrites(&mut self, wanted: &mut Wanted) {
        let mut pairs: Vec<(Setting<'_>, &str, &str)> = Vec::new();
        if let (Some(search), Some((_, with))) = (self.get("reqPathSearch"), self.get("reqPathReplace")) {
            pairs.push((search, search.1, with));
        }
        if let Some(setting) = self.get("reqPathSearchReplace") {
            for pair in setting.1.split(':') {
                match pair.split_once(',') {
                    Some((search, with)) => pairs.push((setting, search.trim(), with.trim())),
                    None => self.tell(setting, "is no list of SEARCH,REPLACE"),
                }
            }
        }
        for (setting, search, with) in pairs {
            match replacement(search, &as_go(with)) {
                Ok((pattern, with)) => {
                    let line = format!("http-request replace-path {} {}", word(&pattern), word(&with));
                    wanted.say(setting.0, line);
                }
                Err(what) => self.tell(setting, what),
            }
        }
    }

    fn headers(&mut self, wanted: &mut Wanted) {
        for (name, line) in HEADERS {
            let Some(setting) = self.get(name) else { continue };
            if list(setting.1).count() > MAX_HEADERS {
                self.tell(setting, "is a list of too many headers");
                continue;
            }
            for header in list(setting.1) {
                let named = header.split_whitespace().next().is_some_and(is_name);
                if named && is_one_line(header) {
                    wanted.say(setting.0, format!("{line} {header}"));
                } else {
                    self.tell(setting, "is no list of headers");
                }
            }
        }
    }

    fn connections(&mut self, wanted: &mut Wanted) {
        match self.get("sessionType") {
            Some((label, "sticky-server")) => {
                wanted.say(label, "cookie SLUICEGATE insert indirect nocache httponly");
            }
            Some(setting) => self.tell(setting, "is not 'sticky-server'"),
            None => {}
        }
        match self.get("connectionMode") {
            Some((label, mode @ ("http-keep-alive" | "http-server-close" | "httpclose"))) => {
                wanted.say(label, format!("option {mode}"));
            }
            Some((label, "forceclose")) => wanted.say(label, "option httpclose"),
            Some(setting) => self.tell(setting, "there is no such mode; connections are kept"),
            None => {}
        }
    }

    /// Lines of a backend, as they are.
    fn extra(&mut self, wanted: &mut Wanted) {
        let Some((label, text)) = self.get("backendExtra") else { return };
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if is_one_line(line) && is_backend_line(line) {
                wanted.say(label, line);
            } else {
                self.tell((label, line), "is not a line that a backend may have here");
            }
        }
    }
}

/// What stands for groups there as Go's programs write it.
fn as_go(with: &str) -> String {
    let (mut text, mut escaped) = (String::new(), false);
    for c in with.chars() {
        match c {
            _ if escaped => {
                if c.is_ascii_digit() {
                    text.push_str(&format!("${{{c}}}"));
                } else {
                    text.push(c);
                }
                escaped = false;
            }
            '\\' => escaped = true,
            '$' => text.push_str("$$"),
            _ => text.push(c),
        }
    }
    text
}
