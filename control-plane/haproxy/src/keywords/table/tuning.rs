//! `tune.…`: the insides of HAProxy.

use super::super::form::{Form, PERCENT, SWITCH, TIME};
use super::{G, Keyword, OPENSSL};

pub(super) const GROUPS: &[&[Keyword]] = &[
    &Keyword::each(
        ["tune.maxrewrite", "tune.http.logurilen"],
        Keyword::degraded("", G, LIMITS).takes(1, 1, "<number>"),
    ),
    &[
        Keyword::degraded("tune.bufsize", G, LIMITS).takes(1, 1, "<bytes>").of(&[Form::Size]),
        Keyword::degraded("tune.http.maxhdr", G, LIMITS)
            .takes(1, 1, "<number>")
            .of(&[Form::Number(1, 32_767)]),
        Keyword::degraded("tune.idletimer", G, LIMITS).takes(1, 1, "<time>").of(TIME),
    ],
    &Keyword::each(
        [
            "tune.applet.zero-copy-forwarding",
            "tune.fd.edge-triggered",
            "tune.h1.zero-copy-fwd-recv",
            "tune.h1.zero-copy-fwd-send",
            "tune.pt.zero-copy-forwarding",
            "tune.sched.low-latency",
        ],
        Keyword::inert("", G, INSIDE).takes(1, 1, "{ on | off }").of(SWITCH),
    ),
    &[
        Keyword::works("tune.idle-pool.shared", G, "lower/idle_pools")
            .takes(1, 1, "{ auto | on | off }")
            .of(&[Form::OneOf(&["auto", "on", "full", "off"])])
            .once()
            .does("Whether a worker takes idle connections of another one."),
        Keyword::inert("tune.listener.multi-queue", G, INSIDE)
            .takes(1, 1, "{ on | fair | off }")
            .of(&[Form::OneOf(&["on", "fair", "off"])]),
    ],
    &Keyword::each(
        [
            "tune.vars.global-max-size",
            "tune.vars.proc-max-size",
            "tune.vars.reqres-max-size",
            "tune.vars.sess-max-size",
            "tune.vars.txn-max-size",
        ],
        Keyword::inert("", G, INSIDE).takes(1, 1, "<size>").of(&[Form::Size]),
    ),
    &Keyword::each(
        ["tune.pool-high-fd-ratio", "tune.pool-low-fd-ratio"],
        Keyword::inert("", G, INSIDE).takes(1, 1, "<percent>").of(PERCENT),
    ),
    &Keyword::each(
        [
            "tune.buffers.limit",
            "tune.buffers.reserve",
            "tune.bufsize.large",
            "tune.bufsize.small",
            "tune.cli.max-payload-size",
            "tune.defaults.purge",
            "tune.disable-fast-forward",
            "tune.disable-zero-copy-forwarding",
            "tune.epoll.mask-events",
            "tune.events.max-events-at-once",
            "tune.fail-alloc",
            "tune.fd.tables",
            "tune.h1.be.glitches-threshold",
            "tune.h1.fe.glitches-threshold",
            "tune.http.cookielen",
            "tune.listener.default-shards",
            "tune.max-checks-per-thread",
            "tune.maxaccept",
            "tune.maxpollevents",
            "tune.max-rules-at-once",
            "tune.memory.hot-size",
            "tune.pattern.cache-size",
            "tune.peers.max-updates-at-once",
            "tune.pipesize",
            "tune.renice.runtime",
            "tune.renice.startup",
            "tune.rcvbuf.backend",
            "tune.rcvbuf.client",
            "tune.rcvbuf.frontend",
            "tune.rcvbuf.server",
            "tune.recv_enough",
            "tune.ring.queues",
            "tune.runqueue-depth",
            "tune.sndbuf.backend",
            "tune.sndbuf.client",
            "tune.sndbuf.frontend",
            "tune.sndbuf.server",
            "tune.streams-elasticity",
            "tune.stick-counters",
            "tune.takeover-other-tg-connections",
            "tune.glitches.kill.cpu-usage",
            "tune.notsent-lowat.client",
            "tune.notsent-lowat.server",
            "tune.chksize",
            "tune.fast-forward",
        ],
        Keyword::inert("", G, INSIDE),
    ),
    &Keyword::each(
        [
            "tune.h2.be.max-concurrent-streams",
            "tune.h2.fe.max-concurrent-streams",
            "tune.h2.max-concurrent-streams",
        ],
        Keyword::works("", G, HTTP2)
            .takes(1, 1, "<number>")
            .of(COUNT)
            .does("Streams of a connection of HTTP/2 at one time; 0: as without it."),
    ),
    &Keyword::each(
        [
            "tune.h2.be.initial-window-size",
            "tune.h2.fe.initial-window-size",
            "tune.h2.initial-window-size",
        ],
        Keyword::works("", G, HTTP2)
            .takes(1, 1, "<bytes>")
            .of(COUNT)
            .does("Bytes of a stream that may come ahead of who reads them; 0: as without it."),
    ),
    &Keyword::each(
        ["tune.h2.be.rxbuf", "tune.h2.fe.rxbuf"],
        Keyword::works("", G, HTTP2)
            .takes(1, 1, "<size>")
            .of(&[Form::Size])
            .does("The same of all streams of a connection."),
    ),
    &[
        Keyword::works("tune.h2.fe.max-total-streams", G, HTTP2)
            .takes(1, 1, "<number>")
            .of(COUNT)
            .does("Streams over a connection, after which its client is sent away; 0: no limit."),
        Keyword::works("tune.h2.header-table-size", G, HTTP2)
            .takes(1, 1, "<bytes>")
            .of(&[Form::Number(4_096, 65_536)])
            .does("Fields that the other end may refer to."),
        Keyword::works("tune.h2.max-frame-size", G, HTTP2)
            .takes(1, 1, "<bytes>")
            .of(&[Form::Number(16_384, 16_777_215)])
            .does("The longest frame that the other end may send."),
        Keyword::degraded("tune.h2.fe.max-rst-at-once", G, "streams that are given up have a limit of their own (docs/http2.md)")
            .takes(1, 1, "<number>")
            .of(COUNT),
    ],
    &Keyword::each(
        ["tune.h2.be.glitches-threshold", "tune.h2.fe.glitches-threshold"],
        Keyword::degraded("", G, "glitches are not counted; HTTP/2 has limits of its own (docs/http2.md)")
            .takes(1, 1, "<number>")
            .of(COUNT),
    ),
    &Keyword::each(
        [
            "tune.h2.be.max-frames-at-once",
            "tune.h2.fe.max-frames-at-once",
            "tune.h2.zero-copy-fwd-send",
        ],
        Keyword::inert("", G, INSIDE),
    ),
    &Keyword::each(
        [
            "tune.quic.be.cc.cubic-min-losses",
            "tune.quic.be.cc.hystart",
            "tune.quic.be.cc.max-frame-loss",
            "tune.quic.be.cc.max-win-size",
            "tune.quic.be.cc.reorder-ratio",
            "tune.quic.be.max-idle-timeout",
            "tune.quic.be.sec.glitches-threshold",
            "tune.quic.be.stream.data-ratio",
            "tune.quic.be.stream.max-concurrent",
            "tune.quic.be.stream.rxbuf",
            "tune.quic.be.tx.pacing",
            "tune.quic.be.tx.udp-gso",
            "tune.quic.fe.cc.cubic-min-losses",
            "tune.quic.fe.cc.hystart",
            "tune.quic.fe.cc.max-frame-loss",
            "tune.quic.fe.cc.max-win-size",
            "tune.quic.fe.cc.reorder-ratio",
            "tune.quic.fe.max-idle-timeout",
            "tune.quic.fe.sec.glitches-threshold",
            "tune.quic.fe.sec.retry-threshold",
            "tune.quic.fe.sock-per-conn",
            "tune.quic.fe.stream.data-ratio",
            "tune.quic.fe.stream.max-concurrent",
            "tune.quic.fe.stream.max-total",
            "tune.quic.fe.stream.rxbuf",
            "tune.quic.fe.tx.pacing",
            "tune.quic.fe.tx.udp-gso",
            "tune.quic.listen",
            "tune.quic.mem.tx-max",
            "tune.quic.zero-copy-fwd-send",
        ],
        Keyword::inert("", G, "it acts on QUIC alone, which is not supported yet"),
    ),
    &Keyword::each(
        [
            "tune.lua.bool-sample-conversion",
            "tune.lua.burst-timeout",
            "tune.lua.forced-yield",
            "tune.lua.log.loggers",
            "tune.lua.log.stderr",
            "tune.lua.maxmem",
            "tune.lua.openlibs",
            "tune.lua.service-timeout",
            "tune.lua.session-timeout",
            "tune.lua.task-timeout",
        ],
        Keyword::inert("", G, "it acts on scripts alone, which are not run yet"),
    ),
    &[
        Keyword::works("tune.comp.maxlevel", G, "lower/compression")
            .takes(1, 1, "<number>")
            .of(&[Form::Number(0, 9)])
            .does("How hard gzip and deflate try: 0 to 9, else 1. It is their level, whatever there is to do besides."),
        Keyword::inert("tune.zlib.memlevel", G, ZLIB).takes(1, 1, "<number>").of(&[Form::Number(1, 9)]),
        Keyword::inert("tune.zlib.windowsize", G, ZLIB).takes(1, 1, "<number>").of(&[Form::Number(8, 15)]),
    ],
    &Keyword::each(
        [
            "tune.ssl.cachesize",
            "tune.ssl.capture-buffer-size",
            "tune.ssl.certificate-compression",
            "tune.ssl.force-private-cache",
            "tune.ssl.hard-maxrecord",
            "tune.ssl.keylog",
            "tune.ssl.keyupdate-rate-limit",
            "tune.ssl.maxrecord",
            "tune.ssl.ssl-ctx-cache-size",
            "tune.ssl.ocsp-update.maxdelay",
            "tune.ssl.ocsp-update.mindelay",
        ],
        Keyword::inert("", G, OPENSSL),
    ),
    &[
        Keyword::inert("tune.ssl.default-dh-param", G, OPENSSL)
            .takes(1, 1, "<bits>")
            .of(&[Form::Number(1024, i32::MAX as i64)]),
        Keyword::degraded("tune.ssl.lifetime", G, "tickets hold for twelve hours at most")
            .takes(1, 1, "<time>")
            .of(TIME),
    ],
];

const COUNT: &[Form] = &[Form::Number(0, i32::MAX as i64)];
const HTTP2: &str = "lower/http2_limits";
const ZLIB: &str = "compressors take what their library takes; together they have a limit";
const LIMITS: &str = "the engine has limits of its own";
const INSIDE: &str = "it tunes HAProxy's own inside";
