//! Options of `server`, `default-server` and `server-template` lines.

use super::super::form::{Form, ID, TIME, TLS_VERSION};
use super::super::{Effect, Place, Places};
use super::Keyword;

pub(super) const GROUPS: &[&[Keyword]] = &[
    &[
        Keyword::works("check", SERVER, CHECKS).takes(0, 0, "").does("Checks the server's health."),
        Keyword::works("no-check", SERVER, CHECKS)
            .takes(0, 0, "")
            .does("Undoes `check` of `default-server`."),
        Keyword::works("inter", SERVER, CHECKS).takes(1, 1, "<time>").does("Between two checks."),
        Keyword::works("fastinter", SERVER, CHECKS)
            .takes(1, 1, "<time>")
            .does("Between two checks while changing."),
        Keyword::works("downinter", SERVER, CHECKS)
            .takes(1, 1, "<time>")
            .does("Between two checks while down."),
        Keyword::works("rise", SERVER, CHECKS).takes(1, 1, "<count>").does("Successes until it is up."),
        Keyword::works("fall", SERVER, CHECKS).takes(1, 1, "<count>").does("Failures until it is down."),
        Keyword::works("addr", SERVER, CHECKS).takes(1, 1, "<address>").does("Checks this address instead."),
        Keyword::works("port", SERVER, CHECKS).takes(1, 1, "<port>").does("Checks this port instead."),
        Keyword::works("check-send-proxy", SERVER, CHECKS)
            .takes(0, 0, "")
            .does("Begins checks with a PROXY line."),
        Keyword::works("weight", SERVER, TEST).takes(1, 1, "<weight>").does("Its share of turns, 0 to 256."),
        Keyword::works("backup", SERVER, TEST).takes(0, 0, "").does("Used when no other server is up."),
        Keyword::works("no-backup", SERVER, TEST)
            .takes(0, 0, "")
            .does("Undoes `backup` of `default-server`."),
        Keyword::works("disabled", SERVER, TEST).takes(0, 0, "").does("Starts in maintenance."),
        Keyword::works("enabled", SERVER, TEST)
            .takes(0, 0, "")
            .does("Undoes `disabled` of `default-server`."),
        Keyword::works("maxconn", SERVER, TEST)
            .takes(1, 1, "<number>")
            .does("Requests at one time; the rest waits."),
        Keyword::works("track", SERVER, "lower/tracking")
            .takes(1, 1, "[<backend>/]<server>")
            .does("Its health is that of another server."),
        Keyword::works("maxqueue", SERVER, TEST).takes(1, 1, "<number>").does("Longest queue."),
        Keyword::works("cookie", SERVER, KEPT)
            .takes(1, 1, "<value>")
            .does("What the backend's cookie calls it."),
        Keyword::works("hash-key", SERVER, KEPT)
            .takes(1, 1, "{ id | addr | addr-port }")
            .of(&[Form::OneOf(&["id", "addr", "addr-port"])])
            .does("What hashes know it by, with `hash-type consistent`."),
        Keyword::works("minconn", SERVER, KEPT)
            .takes(1, 1, "<number>")
            .does("`maxconn` while there is little to do."),
        Keyword::works("slowstart", SERVER, KEPT)
            .takes(1, 1, "<time>")
            .of(TIME)
            .does("How long its weight and places grow after it came back."),
        Keyword::works("id", SERVER, TEST).takes(1, 1, "<number>").does("Its number."),
    ],
    &[
        Keyword::works("init-addr", SERVER, NAMES)
            .takes(1, 1, "{ last | libc | none | <address> }[,...]")
            .does("Where its first address comes from."),
        Keyword::works("resolvers", SERVER, NAMES)
            .takes(1, 1, "<name>")
            .does("The name servers that its name is asked of."),
        Keyword::works("resolve-opts", SERVER, NAMES)
            .takes(1, 1, "<option>[,...]")
            .of(&[Form::List(&["allow-dup-ip", "ignore-weight", "prevent-dup-ip"])])
            .does("Whether it shares addresses with others, and takes weights from SRV records."),
        Keyword::works("resolve-prefer", SERVER, NAMES)
            .takes(1, 1, "{ ipv4 | ipv6 }")
            .of(&[Form::OneOf(&["ipv4", "ipv6"])])
            .does("The family that is asked for first."),
        Keyword::works("resolve-net", SERVER, NAMES)
            .takes(1, 1, "<network>[,...]")
            .does("Addresses in these go before others."),
    ],
    &[
        closed("namespace", "other network namespaces are not entered yet").takes(1, 1, "<name>"),
        closed("socks4", "connections do not pass another proxy yet").takes(1, 1, "<address>:<port>"),
        closed("tcp-md5sig", "connections are not signed yet").takes(1, 1, "<password>"),
        Keyword::works("proto", SERVER, "lower/http_version")
            .takes(1, 1, "{ h1 | h2 | fcgi | none }")
            .of(&[Form::OneOf(&["h1", "h2", "fcgi", "none"])])
            .does("The version of HTTP that it is spoken to in."),
        Keyword::works("usesrc", SERVER, "lower/transparent")
            .takes(1, 1, "{ client | clientip | <address>[:<port>] | hdr_ip(<name>[,<occurrence>]) }")
            .does("Whom it takes for its client, behind `source`."),
        closed("redir", "clients are not sent to it yet").takes(1, 1, "<prefix>"),
        Keyword::works("source", SERVER, CONNECTIONS)
            .takes(1, 1, "<address>[:<port>[-<port>]]")
            .does("Where connections to it come from."),
        Keyword::works("interface", SERVER, CONNECTIONS)
            .takes(1, 1, "<name>")
            .does("Which interface connections to it leave by."),
        Keyword::works("check-proto", SERVER, "lower/http2_checks")
            .takes(1, 1, "{ h1 | h2 | none }")
            .of(&[Form::OneOf(&["h1", "h2", "none"])])
            .does("The version of HTTP that its checks speak."),
        checked("healthcheck").takes(1, 1, "<name>"),
    ],
    &[
        Keyword::works("send-proxy", SERVER, HEADER)
            .takes(0, 0, "")
            .does("Begins connections with a PROXY header, a line of text."),
        Keyword::works("send-proxy-v2", SERVER, HEADER)
            .takes(0, 0, "")
            .does("Begins connections with a binary PROXY header."),
        Keyword::works("send-proxy-v2-ssl", SERVER, HEADER)
            .takes(0, 0, "")
            .does("As `send-proxy-v2`; it tells whether the client speaks TLS."),
        Keyword::works("send-proxy-v2-ssl-cn", SERVER, HEADER)
            .takes(0, 0, "")
            .does("As `send-proxy-v2-ssl`; it tells the name in the client's certificate."),
        Keyword::works("proxy-v2-options", SERVER, HEADER)
            .takes(1, 1, "<option>[,...]")
            .of(&[Form::List(&[
                "ssl",
                "cert-cn",
                "ssl-cipher",
                "cert-sig",
                "cert-key",
                "authority",
                "crc32c",
                "unique-id",
            ])])
            .does("What `send-proxy-v2` tells besides; `unique-id` is not sent."),
        Keyword::works("set-proxy-v2-tlv-fmt", SERVER, HEADER)
            .takes(1, 1, "<format>")
            .adds()
            .does("A value of its own type in headers of version 2."),
    ],
    &Keyword::each(
        ["no-send-proxy", "no-send-proxy-v2", "no-send-proxy-v2-ssl", "no-send-proxy-v2-ssl-cn"],
        Keyword::works("", SERVER, HEADER).takes(0, 0, "").does("Undoes the option of `default-server`."),
    ),
    &[
        Keyword::works("agent-check", SERVER, HEALTH)
            .takes(0, 0, "")
            .does("Asks an agent for weight and state."),
        Keyword::works("no-agent-check", SERVER, HEALTH)
            .takes(0, 0, "")
            .does("Undoes `agent-check` of `default-server`."),
        Keyword::works("agent-port", SERVER, HEALTH).takes(1, 1, "<port>").does("Where the agent listens."),
        Keyword::works("agent-addr", SERVER, HEALTH)
            .takes(1, 1, "<address>")
            .does("Asks an agent at this address instead."),
        Keyword::works("agent-send", SERVER, HEALTH)
            .takes(1, 1, "<text>")
            .does("Is sent to the agent first."),
        Keyword::works("agent-inter", SERVER, HEALTH)
            .takes(1, 1, "<time>")
            .of(TIME)
            .does("Between two questions to the agent."),
        Keyword::works("observe", SERVER, HEALTH)
            .takes(1, 1, "{ none | layer4 | layer7 }")
            .of(&[Form::OneOf(&["none", "layer4", "layer7"])])
            .does("Lets its traffic count as its checks do."),
        Keyword::works("error-limit", SERVER, HEALTH)
            .takes(1, 1, "<count>")
            .of(ID)
            .does("Errors in a row that are too many."),
        Keyword::works("on-error", SERVER, HEALTH)
            .takes(1, 1, "<mode>")
            .of(&[Form::OneOf(&["fastinter", "fail-check", "sudden-death", "mark-down"])])
            .does("What too many errors in a row come to."),
        Keyword::works("on-marked-down", SERVER, HEALTH)
            .takes(1, 1, "shutdown-sessions")
            .of(&[Form::OneOf(&["shutdown-sessions"])])
            .does("Closes its sessions when it goes down."),
        Keyword::works("on-marked-up", SERVER, HEALTH)
            .takes(1, 1, "shutdown-backup-sessions")
            .of(&[Form::OneOf(&["shutdown-backup-sessions"])])
            .does("Closes the sessions of backups when it comes up."),
        Keyword::works("init-state", SERVER, HEALTH)
            .takes(1, 1, "{ up | fully-up | down | fully-down }")
            .of(&[Form::OneOf(&["up", "fully-up", "down", "fully-down"])])
            .does("How it stands before its first check."),
    ],
    &[
        Keyword::inert("stick", SERVER, TABLES).takes(0, 0, ""),
        Keyword::inert("non-stick", SERVER, TABLES).takes(0, 0, ""),
        Keyword::inert("check-via-socks4", SERVER, "it acts on `socks4` alone, which is not supported yet")
            .takes(0, 0, ""),
        Keyword::inert("strict-maxconn", SERVER, "`maxconn` is always strict").takes(0, 0, ""),
        Keyword::inert("guid", SERVER, "servers are known by backend and name").takes(1, 1, "<text>"),
        Keyword::inert("shard", SERVER, "it acts on peers alone").takes(1, 1, "<number>").of(ID),
        Keyword::works("ws", SERVER, "lower/http_version")
            .takes(1, 1, "{ auto | h1 | h2 }")
            .of(&[Form::OneOf(&["auto", "h1", "h2"])])
            .does("The version of HTTP that WebSockets are opened in."),
        Keyword::inert("log-bufsize", SERVER, "it acts on log backends alone").takes(1, 1, "<bytes>"),
        Keyword::inert("log-proto", SERVER, "it acts on log backends alone")
            .takes(1, 1, "{ legacy | octet-count }")
            .of(&[Form::OneOf(&["legacy", "octet-count"])]),
        Keyword::inert("quic-cc-algo", SERVER, "it acts on QUIC alone").takes(1, 1, "<algorithm>"),
    ],
    &[
        Keyword::degraded("idle-ping", SERVER, POOL).takes(1, 1, "<time>").of(TIME),
        Keyword::works("max-reuse", SERVER, CONNECTIONS)
            .takes(1, 1, "<count>")
            .does("Requests over one connection after its first."),
        Keyword::degraded(
            "pool-conn-name",
            SERVER,
            "requests share idle connections whatever it says of them",
        )
        .takes(1, 1, "<sample>"),
        Keyword::works("pool-low-conn", SERVER, CONNECTIONS)
            .takes(1, 1, "<number>")
            .does("With fewer idle connections a worker takes none of another one's."),
        Keyword::works("pool-max-conn", SERVER, CONNECTIONS)
            .takes(1, 1, "<number>")
            .does("Idle connections to it, of the whole process."),
        Keyword::works("pool-purge-delay", SERVER, CONNECTIONS)
            .takes(1, 1, "<time>")
            .of(TIME)
            .does("After each such time half of the idle connections that were not needed are closed."),
        Keyword::degraded("check-reuse-pool", SERVER, "checks open connections of their own").takes(0, 0, ""),
        Keyword::degraded("cc", SERVER, KERNEL).takes(1, 1, "<algorithm>"),
        Keyword::works("tcp-ut", SERVER, CONNECTIONS)
            .takes(1, 1, "<time>")
            .of(TIME)
            .does("How long what was sent may stay without an acknowledgement."),
        Keyword::degraded("tfo", SERVER, KERNEL).takes(0, 0, ""),
    ],
    &Keyword::each(
        ["no-check-reuse-pool", "no-tfo"],
        Keyword::inert("", SERVER, "it is so anyway").takes(0, 0, ""),
    ),
    &[
        Keyword::works("ssl", SERVER, SECURE).takes(0, 0, "").does("It is spoken to over TLS."),
        Keyword::works("no-ssl", SERVER, SECURE).takes(0, 0, "").does("Undoes `ssl` of `default-server`."),
        Keyword::works("check-ssl", SERVER, SECURE).takes(0, 0, "").does("Checks it over TLS in any case."),
        Keyword::works("no-check-ssl", SERVER, SECURE)
            .takes(0, 0, "")
            .does("Checks it in clear in any case."),
        Keyword::works("verify", SERVER, SECURE)
            .takes(1, 1, "{ none | required }")
            .of(&[Form::OneOf(&["none", "required"])])
            .does("Whether its certificate has to be good."),
        Keyword::works("ca-file", SERVER, SECURE)
            .takes(1, 1, "<path>")
            .does("Authorities of its certificate: a file, a folder, or `@system-ca`, those of this host."),
        Keyword::works("crl-file", SERVER, SECURE)
            .takes(1, 1, "<path>")
            .does("Certificates of servers that were revoked."),
        Keyword::works("crt", SERVER, SECURE)
            .takes(1, 1, "<path>")
            .does("This end's own certificate, and its key."),
        Keyword::works("verifyhost", SERVER, SECURE)
            .takes(1, 1, "<name>")
            .does("Whose its certificate has to be where it is asked for no name."),
        Keyword::works("no-verifyhost", SERVER, SECURE)
            .takes(0, 0, "")
            .does("Undoes `verifyhost` of `default-server`."),
        Keyword::works("sni", SERVER, SECURE)
            .takes(1, 1, "<expression>")
            .does("The name that it is asked for, and that its certificate has to have."),
        Keyword::works("check-sni", SERVER, SECURE)
            .takes(1, 1, "<name>")
            .does("The name that it is asked for in checks."),
        Keyword::works("alpn", SERVER, SECURE)
            .takes(1, 1, "<protocol>[,...]")
            .does("Protocols that it may choose from."),
        Keyword::works("check-alpn", SERVER, SECURE)
            .takes(1, 1, "<protocol>[,...]")
            .does("Protocols that it may choose from in checks."),
        Keyword::works("ciphers", SERVER, SECURE).takes(1, 1, "<list>").does("Its cipher suites of TLS 1.2."),
        Keyword::works("ciphersuites", SERVER, SECURE)
            .takes(1, 1, "<list>")
            .does("Its cipher suites of TLS 1.3."),
        Keyword::works("sigalgs", SERVER, SECURE).takes(1, 1, "<list>").does("How it may sign."),
        Keyword::works("client-sigalgs", SERVER, SECURE)
            .takes(1, 1, "<list>")
            .does("How this end signs where it shows a certificate."),
        Keyword::works("curves", SERVER, SECURE).takes(1, 1, "<list>").does("Its groups of key exchange."),
        Keyword::works("ssl-min-ver", SERVER, SECURE)
            .takes(1, 1, "<version>")
            .of(TLS_VERSION)
            .does("The lowest version of TLS."),
        Keyword::works("ssl-max-ver", SERVER, SECURE)
            .takes(1, 1, "<version>")
            .of(TLS_VERSION)
            .does("The highest version of TLS."),
    ],
    &Keyword::each(
        [
            "check-sni-auto",
            "force-tlsv12",
            "force-tlsv13",
            "no-check-sni-auto",
            "no-sni-auto",
            "no-ssl-reuse",
            "no-tls-tickets",
            "no-tlsv12",
            "no-tlsv13",
            "sni-auto",
            "ssl-reuse",
            "tls-tickets",
        ],
        Keyword::works("", SERVER, SECURE)
            .takes(0, 0, "")
            .does("What it is asked for, and what is agreed upon."),
    ),
    &Keyword::each(
        ["ktls", "npn"],
        Keyword::degraded("", SERVER, "TLS goes on without it").takes(1, 1, "<value>"),
    ),
    &Keyword::each(
        ["force-sslv3", "force-tlsv10", "force-tlsv11", "renegotiate"],
        Keyword::degraded("", SERVER, "TLS goes on without it").takes(0, 0, ""),
    ),
    &Keyword::each(
        ["no-renegotiate", "no-sslv3", "no-tlsv10", "no-tlsv11"],
        Keyword::inert("", SERVER, "it is so anyway").takes(0, 0, ""),
    ),
    &[
        Keyword::inert("allow-0rtt", SERVER, "nothing is sent before the handshake is over").takes(0, 0, ""),
        Keyword::inert("check-pool-conn-name", SERVER, "checks open connections of their own")
            .takes(1, 1, "<name>"),
    ],
];

const SERVER: Places = Places::of(&[Place::ServerOption]);
const TEST: &str = "lower/servers";
const CHECKS: &str = "lower/checks";
const HEALTH: &str = "lower/server_health";
const KEPT: &str = "lower/persistence";
const SECURE: &str = "lower/server_tls";
const TABLES: &str = "it acts on stick tables alone, which are not supported yet";

const fn closed(name: &'static str, why: &'static str) -> Keyword {
    Keyword::degraded(name, SERVER, why).instead(Effect::NoServer)
}

const fn checked(name: &'static str) -> Keyword {
    Keyword::degraded(name, SERVER, "checks of this kind are not made yet").instead(Effect::NoCheckedServer)
}

const KERNEL: &str = "the kernel's setting stays";
const NAMES: &str = "lower/resolvers";
const CONNECTIONS: &str = "lower/connections";
const HEADER: &str = "lower/proxy_protocol";
const POOL: &str = "idle connections are kept by the engine's own rules";
