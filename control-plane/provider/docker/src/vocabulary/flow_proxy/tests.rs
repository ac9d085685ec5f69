use crate::vocabulary::tests::{container, expect, shown};

/// A container that is served, by what else it says.
fn app(said: &[(&str, &str)]) -> crate::container::Container {
    let said: Vec<(String, &str)> =
        said.iter().map(|(name, value)| (format!("com.df.{name}"), *value)).collect();
    let said = said.iter().map(|(name, value)| (&name[..], *value));
    container("app", &[80], &[("com.df.notify", "true")].into_iter().chain(said).collect::<Vec<_>>())
}

#[test]
fn paths_domains_and_what_is_done() {
    let said = [
        ("distribute", "true"),
        ("port", "8080"),
        ("servicePath", "/api, /v2"),
        ("serviceDomain", "a.example,*.b.example"),
        ("serviceHeader", "X-Version:3"),
        ("reqPathSearchReplace", "^/api/(.*),/\\1"),
        ("allowedMethods", "GET,POST"),
        ("redirectFromDomain", "old.example"),
        ("addReqHeader", "X-Port %[dst_port],X-Ssl on if { ssl_fc }"),
        ("delResHeader", "Server"),
        ("timeoutServer", "60"),
        ("sessionType", "sticky-server"),
        ("connectionMode", "http-server-close"),
        ("backendExtra", "balance leastconn\nserver x 192.0.2.1:80"),
        ("checkTcp", "true"),
    ];
    expect(
        &[app(&said)],
        false,
        "http app web -> app:8080
           at a.example,*.b.example,old.example
           acl place path -m beg -- '/api' '/v2'
           acl header0 req.fhdr(X-Version) -m str -- '3'
           if place header0
           timeout server 60s
           acl allowedMethods method -- 'GET' 'POST'
           http-request deny unless allowedMethods
           acl moved req.hdr(host),host_only,lower -m str -- 'old.example'
           http-request redirect prefix https://a.example code 301 if moved { ssl_fc }
           http-request redirect prefix http://a.example code 301 if moved !{ ssl_fc }
           http-request replace-path '^(.*?)(?:^/api/(.*))(.*)$' '\\1/\\2\\3'
           http-request add-header X-Port %[dst_port]
           http-request add-header X-Ssl on if { ssl_fc }
           http-response del-header Server
           cookie SLUICEGATE insert indirect nocache httponly
           option http-server-close
           balance leastconn
           server check
         ! container 'app': 'com.df.backendExtra=server x 192.0.2.1:80': is not a line that a backend may have here",
    );
}

#[test]
fn destinations_by_number() {
    let said = [
        ("servicePath.1", "/"),
        ("port.1", "8080"),
        ("httpsOnly.1", "true"),
        ("reqMode.2", "tcp"),
        ("port.2", "6379"),
        ("srcPort.2", "6379"),
        ("reqMode.3", "sni"),
        ("port.3", "8443"),
        ("srcPort.3", "db"),
        ("serviceDomain.3", "tls.example"),
    ];
    expect(
        &[app(&said)],
        true,
        "http app.1 web,websecure -> app:8080
           acl place path -m beg -- '/'
           if place
           http-request redirect scheme https code 302 unless { ssl_fc }
         tcp app.2 6379 -> app:6379
         tcp app.3 db -> app:8443
           at tls.example",
    );
}

#[test]
fn what_is_not_served_is_told() {
    for (name, value, told, served) in [
        ("users", "a:secret", "'com.df.users': there are no users yet; requests are answered 403", true),
        ("aclName", "05-a", "'com.df.aclName=05-a': the longer path is asked for first", true),
        (
            "servicePaths",
            "x",
            "'com.df.servicePaths': nothing is known by this name here; did you mean 'com.df.servicePath'?",
            true,
        ),
        ("pathType", "path_len", "is no such comparison; it is not served", false),
        ("reqMode", "udp", "is not 'http', 'tcp' or 'sni'; it is not served", false),
        ("reqMode", "tcp", "it needs srcPort", false),
        ("port", "http", "is not a port", false),
        ("servicePath", "", "'com.df.servicePath': it is wanted", false),
        ("reqPathSearchReplace", "(,x", "is no pattern that can be read", true),
        ("addReqHeader", "X \"a", "is no list of headers", true),
    ] {
        let mut said = vec![("servicePath", "/")];
        said.retain(|(known, _)| *known != name);
        said.push((name, value));
        let text = shown(&[app(&said)], false);
        assert!(text.contains(told), "{told}\n{text}");
        assert_eq!(text.contains("http app web -> app:80"), served, "{text}");
        assert_eq!(text.contains("http-request deny"), name == "users", "{text}");
        assert!(!text.contains("secret"), "{text}");
    }
    assert_eq!(
        shown(&[container("a", &[80], &[("com.df.servicePath", "/"), ("com.df.nonsense", "x")])], false),
        ""
    );
}
