//! Lines of `global`, but for tuning.

use super::{G, GDFLB, Keyword, OPENSSL};

pub(super) const GROUPS: &[&[Keyword]] = &[
    &[
        Keyword::works("log", GDFLB, "lower/logs")
            .takes(1, Arity::ANY, "<target> [len <bytes>] [format <form>] <facility> [<max> [<min>]]")
            .negatable()
            .does("Where log lines go; `log global` in a proxy takes those of `global`."),
        Keyword::works("maxconn", G, "lower/limits")
            .takes(1, 1, "<number>")
            .once()
            .does("Connections of clients at one time over all frontends; cut to what the limit of open files has room for."),
        Keyword::works("node", G, "lower/limits").takes(1, 1, "<name>").once().does("Name of this host."),
        Keyword::works("description", G, "lower/limits")
            .takes(1, Arity::ANY, "<text>")
            .once()
            .does("Free text about this process."),
        Keyword::works("hard-stop-after", G, "lower/limits")
            .takes(1, 1, "<time>")
            .once()
            .does("Time after a soft stop when what is left is closed."),
        Keyword::works("log-tag", GDFLB, "lower/logs")
            .takes(1, 1, "<tag>")
            .once()
            .does("The tag of syslog lines."),
        Keyword::works("log-send-hostname", G, "lower/hostname")
            .takes(0, 1, "[<name>]")
            .once()
            .does("The host name of syslog lines."),
        Keyword::works("daemon", G, HEEDED)
            .takes(0, 0, "")
            .does("Goes to the background, under the name `haproxy`; under another it has no effect."),
        Keyword::works("pidfile", G, "the_pid_file_says_who_serves")
            .takes(1, 1, "<path>")
            .once()
            .does("Where the process number is written."),
        Keyword::works("setenv", G, ENVIRONMENT).takes(2, 2, "<name> <value>").does("Sets a variable."),
        Keyword::works("presetenv", G, ENVIRONMENT)
            .takes(2, 2, "<name> <value>")
            .does("Sets a variable unless it is set."),
        Keyword::works("unsetenv", G, ENVIRONMENT)
            .takes(1, Arity::ANY, "<name>...")
            .does("Removes variables."),
        Keyword::works("resetenv", G, ENVIRONMENT)
            .takes(0, Arity::ANY, "[<name>...]")
            .does("Removes all variables but those named."),
    ],
    &[
        Keyword::inert(
            "chroot",
            G,
            "files are read again while it serves, which another root folder would hide; a container or a unit of \
             systemd gives it one",
        )
        .takes(1, 1, "<folder>")
        .does("Change the root folder."),
        Keyword::works("user", G, RIGHTS)
            .takes(1, 1, "<name>")
            .does("The user to run as, once everything is bound; the first one counts."),
        Keyword::works("group", G, RIGHTS).takes(1, 1, "<name>").does("The group to run as."),
        Keyword::works("uid", G, RIGHTS).takes(1, 1, "<number>").does("The user to run as."),
        Keyword::works("gid", G, RIGHTS).takes(1, 1, "<number>").does("The group to run as."),
        Keyword::works("set-dumpable", G, "what_the_kernel_may_write_is_as_said")
            .takes(0, 0, "")
            .negatable()
            .does("The kernel may write a core file although rights were let go of."),
        Keyword::works("insecure-setuid-wanted", G, "what_the_kernel_may_write_is_as_said")
            .takes(0, 0, "")
            .does("Programs that the process starts may gain rights."),
        Keyword::works("stats socket", G, "lower/console")
            .takes(1, Arity::ANY, "<address> [<option>...]")
            .does("Where the console listens (docs/runtime.md)."),
        Keyword::works("stats timeout", G, "lower/console")
            .takes(1, 1, "<time>")
            .does("How long a connection to the console may be silent."),
        Keyword::works("stats maxconn", G, "lower/console")
            .takes(1, 1, "<number>")
            .does("Connections to the console at one time."),
        Keyword::works("nbthread", G, "threads_and_files_are_as_many_as_said")
            .takes(1, 1, "<number>")
            .once()
            .does("The number of worker threads; one of the command line counts more."),
        Keyword::works("grace", G, "grace_keeps_listeners_for_a_while")
            .takes(1, 1, "<time>")
            .once()
            .does("How long listeners stay after the signal for a soft stop."),
        Keyword::works("localpeer", G, "localpeer_is_known_to_the_lines_below")
            .takes(1, 1, "<name>")
            .once()
            .does("The name of this process among peers; `HAPROXY_LOCALPEER` in the lines below."),
        Keyword::works("unix-bind", G, "lower/unix_bind")
            .takes(1, Arity::ANY, "[prefix <path>] [mode <octal>] [user <name>] [group <name>]")
            .does("What unix sockets of `bind` lines have that do not say it."),
        Keyword::works("zero-warning", G, HEEDED)
            .takes(0, 0, "")
            .does("A warning is an error, under the name `haproxy`; under another it has no effect."),
        Keyword::degraded("stats-file", G, "counters start at zero").takes(1, 1, "<path>"),
        Keyword::works("spread-checks", G, "lower/limits")
            .takes(1, 1, "<percent>")
            .once()
            .does("Up to so much of a check's interval is added or taken away, by chance."),
        Keyword::works("max-spread-checks", G, "lower/limits")
            .takes(1, 1, "<time>")
            .once()
            .does("The first checks after a start are spread over no more than this."),
        Keyword::works("ulimit-n", G, "threads_and_files_are_as_many_as_said")
            .takes(1, 1, "<number>")
            .once()
            .does("The limit of open files; without it, all that the host allows."),
        Keyword::works("fd-hard-limit", G, "threads_and_files_are_as_many_as_said")
            .takes(1, 1, "<number>")
            .once()
            .does("The most that the limit of open files is raised to."),
        Keyword::degraded("warn-blocked-traffic-after", G, "the watchdog has its own limit")
            .takes(1, 1, "<time>")
            .of(TIME),
        Keyword::degraded("set-var", G, "there are no variables yet: expressions that use them find nothing"),
        Keyword::degraded(
            "set-var-fmt",
            G,
            "there are no variables yet: expressions that use them find nothing",
        ),
        Keyword::degraded("dns-accept-family", G, "names resolve to addresses of both families"),
        Keyword::degraded("noreuseport", G, "every worker has a listening socket of its own").takes(0, 0, ""),
    ],
    &[
        Keyword::degraded("default-path", G, "relative paths start at the working folder")
            .takes(1, 2, "{ current | config | parent | origin <path> }")
            .of(&[Form::OneOf(&["current", "config", "parent", "origin"])]),
        Keyword::degraded("lua-load", G, LUA).takes(1, Arity::ANY, "<path> [<argument>...]"),
        Keyword::degraded("lua-load-per-thread", G, LUA).takes(1, Arity::ANY, "<path> [<argument>...]"),
        Keyword::degraded("harden.reject-privileged-ports.tcp", G, "connections from low ports are let in"),
        Keyword::inert("harden.reject-privileged-ports.quic", G, "QUIC is not supported yet"),
    ],
    &Keyword::each(
        [
            "maxconnrate",
            "maxsessrate",
            "maxsslconn",
            "maxsslrate",
            "maxpipes",
        ],
        Keyword::degraded("", G, "this limit is not kept").takes(1, 1, "<number>"),
    ),
    &Keyword::each(
        ["maxcomprate", "maxcompcpuusage", "maxzlibmem"],
        Keyword::degraded(
            "",
            G,
            "bodies are compressed as long as compressors take no more than 256 MiB together",
        )
        .takes(1, 1, "<number>"),
    ),
    &Keyword::each(
        ["server-state-base", "server-state-file"],
        Keyword::degraded("", G, "servers start as the configuration says").takes(1, 1, "<path>"),
    ),
    &[
        Keyword::inert("h1-case-adjust", G, CASE).takes(2, 2, "<from> <to>"),
        Keyword::inert("h1-case-adjust-file", G, CASE).takes(1, 1, "<path>"),
    ],
    &Keyword::each(
        ["h1-accept-payload-with-any-method", "h1-do-not-close-on-insecure-transfer-encoding"],
        Keyword::degraded("", G, "requests are taken strictly as the RFC says"),
    ),
    &[
        Keyword::works("external-check", G, "lower/program_checks")
            .takes(0, 1, "[preserve-env]")
            .of(&[Form::OneOf(&["preserve-env"])])
            .does("Lets `option external-check` run programs."),
        Keyword::works("insecure-fork-wanted", G, "lower/program_checks")
            .takes(0, 0, "")
            .does("Without it, none can be started: servers with `option external-check` stand disabled."),
    ],
    &Keyword::each(
        ["mworker-max-reloads", "master-worker"],
        Keyword::inert("", G, "the process starts no others"),
    ),
    &Keyword::each(
        ["cpu-affinity", "cpu-policy", "cpu-set", "numa-cpu-mapping", "max-threads-per-group"],
        Keyword::degraded("", G, PLACED).negatable(),
    ),
    &[
        Keyword::degraded("cpu-map", G, PLACED)
            .takes(2, Arity::ANY, "[auto:]<set>[/<set>] <processors>...")
            .of(&[Form::Threads, Form::Processors])
            .negatable(),
        Keyword::degraded("thread-groups", G, PLACED).takes(1, 1, "<number>").of(NUMBER).negatable(),
        Keyword::degraded("thread-group", G, PLACED)
            .takes(1, Arity::ANY, "<group> [<set>...]")
            .of(NUMBER)
            .negatable(),
    ],
    &Keyword::each(
        [
            "noepoll",
            "noevports",
            "nokqueue",
            "nopoll",
            "nogetaddrinfo",
            "nosplice",
            "no-memory-trimming",
            "busy-polling",
            "prealloc-fd",
            "pp2-never-send-local",
            "h2-workaround-bogus-websocket-clients",
        ],
        Keyword::inert("", G, INSIDE).takes(0, 0, "").negatable(),
    ),
    &[
        Keyword::inert("profiling.memory", G, INSIDE).takes(1, 1, "{ on | off }").of(SWITCH),
        Keyword::inert("profiling.tasks", G, INSIDE)
            .takes(1, 1, "{ auto | on | off }")
            .of(&[Form::OneOf(&["auto", "on", "off"])]),
    ],
    &Keyword::each(
        [
            "anonkey",
            "debug.counters",
            "force-cfg-parser-pause",
            "shm-stats-file",
            "shm-stats-file-max-objects",
            "limited-quic",
            "noktls",
        ],
        Keyword::inert("", G, INSIDE).negatable(),
    ),
    &Keyword::each(
        ["expose-deprecated-directives", "expose-experimental-directives"],
        Keyword::inert("", G, "what is there needs no leave"),
    ),
    &[
        Keyword::works("quiet", G, HEEDED).takes(0, 0, "").does(
            "Says less at the start, but for errors, under the name `haproxy`; under another it has no effect.",
        ),
        Keyword::inert("strict-limits", G, "a limit that cannot be had is told, and what there is is served with")
            .takes(0, 0, "")
            .negatable(),
    ],
    &[
        Keyword::inert("cluster-secret", G, "it acts on peers and QUIC alone, which are not supported yet")
            .takes(1, 1, "<text>"),
        Keyword::inert("lua-prepend-path", G, SCRIPTS)
            .takes(1, 2, "<path> [path | cpath]")
            .of(&[Form::Any, Form::OneOf(&["path", "cpath"])]),
        Keyword::inert("httpclient.resolvers.prefer", G, SCRIPTS)
            .takes(1, 1, "{ ipv4 | ipv6 }")
            .of(&[Form::OneOf(&["ipv4", "ipv6"])]),
        Keyword::inert("httpclient.ssl.verify", G, SCRIPTS)
            .takes(0, 1, "[none | required]")
            .of(&[Form::OneOf(&["none", "required"])]),
    ],
    &Keyword::each(
        [
            "httpclient.resolvers.disabled",
            "httpclient.resolvers.id",
            "httpclient.retries",
            "httpclient.ssl.ca-file",
            "httpclient.timeout.connect",
        ],
        Keyword::inert("", G, SCRIPTS),
    ),
    &Keyword::each(
        ["ca-base", "crt-base", "key-base"],
        Keyword::works("", G, "lower/tls").takes(1, 1, "<path>").does("Where relative paths of certificates begin."),
    ),
    &Keyword::each(
        ["issuers-chain-path"],
        Keyword::degraded("", G, "files are not looked for there").takes(1, 1, "<path>"),
    ),
    &Keyword::each(
        ["ssl-dh-param-file"],
        Keyword::inert("", G, "keys are exchanged over elliptic curves alone").takes(1, 1, "<path>"),
    ),
    &[
        Keyword::works("ssl-default-bind-options", G, "lower/tls")
            .takes(1, Arity::ANY, "<option>...")
            .of(&[Form::Options(BIND_OPTIONS)])
            .does("Options of every `bind` line with `ssl`."),
        Keyword::works("ssl-default-server-options", G, "lower/server_tls")
            .takes(1, Arity::ANY, "<option>...")
            .of(&[Form::Options(SERVER_OPTIONS)])
            .does("Options of every `server` line with `ssl`."),
        Keyword::works("ssl-server-verify", G, "lower/server_tls")
            .takes(1, 1, "{ none | required }")
            .of(&[Form::OneOf(&["none", "required"])])
            .does("What `verify` is where a `server` line does not say."),
        Keyword::degraded("ssl-load-extra-files", G, "what lies beside a certificate is read whatever it says")
            .takes(1, Arity::ANY, "<kind>...")
            .of(&[Form::Each(&["none", "all", "bundle", "sctl", "ocsp", "issuer", "key"])]),
    ],
    &Keyword::each(
        [
            "ssl-default-bind-ciphers",
            "ssl-default-bind-ciphersuites",
            "ssl-default-bind-client-sigalgs",
            "ssl-default-bind-curves",
            "ssl-default-bind-sigalgs",
        ],
        Keyword::works("", G, "lower/tls").takes(1, 1, "<list>").does("What there is of these is offered by every `bind` line."),
    ),
    &Keyword::each(
        [
            "ssl-default-server-ciphers",
            "ssl-default-server-ciphersuites",
            "ssl-default-server-client-sigalgs",
            "ssl-default-server-curves",
            "ssl-default-server-sigalgs",
        ],
        Keyword::works("", G, "lower/server_tls")
            .takes(1, 1, "<list>")
            .does("What there is of these is offered by every `server` line."),
    ),
    &Keyword::each(
        [
            "ssl-propquery",
            "ssl-provider",
            "ssl-provider-path",
            "ssl-security-level",
            "ssl-skip-self-issued-ca",
            "ssl-engine",
            "ssl-mode-async",
        ],
        Keyword::inert("", G, OPENSSL),
    ),
    &Keyword::each(
        [
            "ocsp-update.disable",
            "ocsp-update.maxdelay",
            "ocsp-update.mindelay",
            "ocsp-update.httpproxy",
            "ocsp-update.mode",
        ],
        Keyword::degraded("", G, "responses to staple come from files alone"),
    ),
    &Keyword::each(
        ["ssl-load-extra-del-ext"],
        Keyword::degraded("", G, "TLS goes on without it"),
    ),
    &Keyword::each(
        ["jwt.decrypt_alg_list", "jwt.decrypt_enc_list"],
        Keyword::inert("", G, "tokens are not decrypted yet"),
    ),
    &[Keyword::degraded("acme.scheduler", G, "certificates are not fetched yet")],
    &Keyword::each(
        [
            "51degrees-allow-unmatched",
            "51degrees-cache-size",
            "51degrees-data-file",
            "51degrees-difference",
            "51degrees-drift",
            "51degrees-property-name-list",
            "51degrees-property-separator",
            "51degrees-use-performance-graph",
            "51degrees-use-predictive-graph",
            "deviceatlas-json-file",
            "deviceatlas-log-level",
            "deviceatlas-properties-cookie",
            "deviceatlas-separator",
            "wurfl-cache-size",
            "wurfl-data-file",
            "wurfl-information-list",
            "wurfl-information-list-separator",
        ],
        Keyword::inert("", G, "devices are not told apart: expressions that ask for them find nothing"),
    ),
];

use super::super::Arity;
use super::super::form::{Form, NUMBER, Opt, SWITCH, TIME, TLS_VERSION, opt};

const CASE: &str = "header names keep the case in which they came";
const PLACED: &str = "workers run where the kernel puts them";
const INSIDE: &str = "it tunes HAProxy's own inside";
const SCRIPTS: &str = "it acts on scripts alone, which are not run yet";

/// What `ssl-default-bind-options` takes of the options of `bind`.
const BIND_OPTIONS: &[Opt] = &[
    opt("allow-0rtt", &[]),
    opt("force-sslv3", &[]),
    opt("force-tlsv10", &[]),
    opt("force-tlsv11", &[]),
    opt("force-tlsv12", &[]),
    opt("force-tlsv13", &[]),
    opt("no-sslv3", &[]),
    opt("no-tlsv10", &[]),
    opt("no-tlsv11", &[]),
    opt("no-tlsv12", &[]),
    opt("no-tlsv13", &[]),
    opt("no-tls-tickets", &[]),
    opt("tls-tickets", &[]),
    opt("prefer-client-ciphers", &[]),
    opt("prefer-server-ciphers", &[]),
    opt("strict-sni", &[]),
    opt("no-strict-sni", &[]),
    opt("no-alpn", &[]),
    opt("ktls", &[Form::OneOf(&["on", "off"])]),
    opt("ssl-min-ver", TLS_VERSION),
    opt("ssl-max-ver", TLS_VERSION),
];

/// The same of the options of `server`.
const SERVER_OPTIONS: &[Opt] = &[
    opt("allow-0rtt", &[]),
    opt("force-sslv3", &[]),
    opt("force-tlsv10", &[]),
    opt("force-tlsv11", &[]),
    opt("force-tlsv12", &[]),
    opt("force-tlsv13", &[]),
    opt("no-sslv3", &[]),
    opt("no-tlsv10", &[]),
    opt("no-tlsv11", &[]),
    opt("no-tlsv12", &[]),
    opt("no-tlsv13", &[]),
    opt("no-tls-tickets", &[]),
    opt("tls-tickets", &[]),
    opt("no-ssl-reuse", &[]),
    opt("ssl-reuse", &[]),
    opt("no-renegotiate", &[]),
    opt("renegotiate", &[]),
    opt("no-sni-auto", &[]),
    opt("sni-auto", &[]),
    opt("ktls", &[Form::OneOf(&["on", "off"])]),
    opt("ssl-min-ver", TLS_VERSION),
    opt("ssl-max-ver", TLS_VERSION),
];

const HEEDED: &str = "what_only_the_drop_in_heeds_is_told_of_others";
const ENVIRONMENT: &str = "environment_keywords_act_on_the_lines_below";
const RIGHTS: &str = "the_process_becomes_whom_the_file_says";
const LUA: &str = "scripts are not run yet: their rules are left out, their services answer 403";
