//! Words that HAProxy once had. Those with a modern spelling, and those that the rules of `legacy` are for, are
//! rewritten before a line gets here: what is said of them here holds where a rule does not take the line.

use super::{DFL, DFLB, DLB, FL, FLB, G, Keyword, LB, Place, Places};

pub(super) const GROUPS: &[&[Keyword]] = &[
    &[
        Keyword::old("clitimeout", "timeout client", DFL),
        Keyword::old("srvtimeout", "timeout server", DLB),
        Keyword::old("contimeout", "timeout connect", DLB),
        Keyword::old("timeout clitimeout", "timeout client", DFL),
        Keyword::old("timeout srvtimeout", "timeout server", DLB),
        Keyword::old("timeout contimeout", "timeout connect", DLB),
        Keyword::old("redispatch", "option redispatch", DLB),
        Keyword::old("redisp", "option redispatch", DLB),
        Keyword::old("tune.sslcachesize", "tune.ssl.cachesize", G),
        Keyword::old("tune.ssl.capture-cipherlist-size", "tune.ssl.capture-buffer-size", G),
        Keyword::old("httpclient-ssl-verify", "httpclient.ssl.verify", G),
        Keyword::old("httpclient-ssl-ca-file", "httpclient.ssl.ca-file", G),
        Keyword::old("tune.ssl.ocsp-update.mode", "ocsp-update.mode", G),
        Keyword::old("tune.quic.frontend.max-idle-timeout", "tune.quic.fe.max-idle-timeout", G),
        Keyword::old("tune.quic.frontend.max-streams-bidi", "tune.quic.fe.stream.max-concurrent", G),
        Keyword::old("tune.quic.frontend.max-data-size", "tune.quic.fe.stream.rxbuf", G),
        Keyword::old("tune.quic.frontend.stream-data-ratio", "tune.quic.fe.stream.data-ratio", G),
        Keyword::old("tune.quic.frontend.default-max-window-size", "tune.quic.fe.cc.max-win-size", G),
        Keyword::old("tune.quic.frontend.glitches-threshold", "tune.quic.fe.sec.glitches-threshold", G),
        Keyword::old("tune.quic.frontend.max-tx-mem", "tune.quic.mem.tx-max", G),
        Keyword::old("tune.quic.cc-hystart", "tune.quic.fe.cc.hystart", G),
        Keyword::old("tune.quic.cc.cubic.min-losses", "tune.quic.fe.cc.cubic-min-losses", G),
        Keyword::old("tune.quic.max-frame-loss", "tune.quic.fe.cc.max-frame-loss", G),
        Keyword::old("tune.quic.reorder-ratio", "tune.quic.fe.cc.reorder-ratio", G),
        Keyword::old("tune.quic.retry-threshold", "tune.quic.fe.sec.retry-threshold", G),
        Keyword::old("nosslv3", "no-sslv3", BIND),
        Keyword::old("notlsv1", "no-tlsv10", BIND),
    ],
    &[
        Keyword::refused(
            "block",
            FLB,
            "write `http-request deny` with the same condition before all other rules",
        ),
        Keyword::refused("reqadd", FLB, "write `http-request add-header <name> <value>`"),
        Keyword::refused("rspadd", FLB, "write `http-response add-header <name> <value>`"),
        Keyword::refused("reqsetbe", FLB, "write `use_backend <backend> if { url_reg <regex> }`"),
        Keyword::refused("reqisetbe", FLB, "write `use_backend <backend> if { url_reg -i <regex> }`"),
        Keyword::refused("appsession", LB, "write a `stick-table` and `stick` lines"),
        Keyword::refused("timeout appsession", LB, "write a `stick-table` with `expire`"),
        Keyword::refused("dispatch", LB, "write `server dispatch <address>`"),
        Keyword::refused("transparent", DLB, "write `server transparent 0.0.0.0`"),
        Keyword::refused("monitor-net", DFL, "write `http-request return status 200 if { src <network> }`"),
    ],
    &Keyword::each(
        ["reqrep", "reqirep", "cliexp"],
        Keyword::refused("", FLB, "write `http-request replace-path`, `replace-uri` or `replace-header`"),
    ),
    &Keyword::each(
        ["rsprep", "rspirep", "srvexp"],
        Keyword::refused("", FLB, "write `http-response replace-header`"),
    ),
    &Keyword::each(
        ["reqdel", "reqidel"],
        Keyword::refused("", FLB, "write `http-request del-header <name>`"),
    ),
    &Keyword::each(
        ["rspdel", "rspidel"],
        Keyword::refused("", FLB, "write `http-response del-header <name>`"),
    ),
    &Keyword::each(
        ["reqdeny", "reqideny", "reqallow", "reqiallow"],
        Keyword::refused("", FLB, "write `http-request deny` with a condition"),
    ),
    &Keyword::each(
        ["reqtarpit", "reqitarpit"],
        Keyword::refused("", FLB, "write `http-request tarpit` with a condition"),
    ),
    &Keyword::each(
        ["rspdeny", "rspideny"],
        Keyword::refused("", FLB, "write `http-response deny` with a condition"),
    ),
    &Keyword::each(["reqpass", "reqipass"], Keyword::inert("", FLB, "it had no effect since HAProxy 1.3")),
    &[
        Keyword::degraded("nbproc", G, "one process with a thread for each CPU does the work")
            .takes(1, 1, "<number>"),
        Keyword::degraded("bind-process", DFLB, "every worker has the proxy"),
        Keyword::inert("stats bind-process", G, "there is one process"),
        Keyword::degraded("grace", DFLB, "it is a line of `global` today").takes(1, 1, "<time>"),
        Keyword::inert("debug", G, "what is logged is an option of the command line").takes(0, 0, ""),
        Keyword::inert("nosepoll", G, "it tunes HAProxy's own inside").takes(0, 0, ""),
        Keyword::inert("no-quic", G, QUIC).takes(0, 0, ""),
        Keyword::inert("tune.quic.disable-tx-pacing", G, QUIC).takes(0, 0, ""),
        Keyword::inert("tune.quic.disable-udp-gso", G, QUIC).takes(0, 0, ""),
        Keyword::inert("tune.quic.socket-owner", G, QUIC).takes(1, 1, "{ connection | listener }"),
        Keyword::inert("tune.quic.frontend.conn-tx-buffers.limit", G, QUIC).takes(1, 1, "<number>"),
        Keyword::inert("tune.lua.preserve-smp-bool", G, "it acts on scripts alone, which are not run yet")
            .takes(1, 1, "{ on | off }"),
        Keyword::inert("resolution_pool_size", FL, "no release of HAProxy had it"),
    ],
];

const QUIC: &str = "QUIC is not supported yet";
const BIND: Places = Places::of(&[Place::BindOption]);
