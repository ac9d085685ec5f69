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
        Keyword::degraded("grace", DFLB, "a soft stop closes the listeners at once").takes(1, 1, "<time>"),
        Keyword::inert("debug", G, "what is logged is an option of the command line").takes(0, 0, ""),
        Keyword::inert("nosepoll", G, "it tunes HAProxy's own inside").takes(0, 0, ""),
        Keyword::inert("no-quic", G, "QUIC is not supported yet").takes(0, 0, ""),
        Keyword::inert("resolution_pool_size", FL, "no release of HAProxy had it"),
    ],
];

const BIND: Places = Places::of(&[Place::BindOption]);
