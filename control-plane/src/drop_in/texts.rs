//! What the drop-in says of itself.

use sluicegate_haproxy::predicate::{FEATURES, LANGUAGE_VERSION};

/// `-h`, and the answer to a command line without arguments.
pub(super) const USAGE: &str = "\
Usage: haproxy [-f FILE|FOLDER]... [OPTION]... [-- FILE...]
  -f FILE       read a file, or all *.cfg of a folder; may be given several times
  -c            check the configuration and exit: 0 right, 1 wrong, 2 nothing listens
  -cc COND      evaluate a condition and exit: 0 true, 1 false, 2 unreadable
  -v, -vv       print the version; with build information
  -D            go to the background (not as process 1, nor with SLUICEGATE_FOREGROUND set)
  -d, -db       stay in the foreground
  -W, -Ws       accepted: SIGUSR2 reloads in place; -Ws tells systemd when ready
  -q, -V        say less, say more
  -p FILE       write the process's number
  -C FOLDER     stand in this folder first
  -n N, -N N    connections at most, of the process and of a frontend
  -L NAME       name of this host among its peers
  -sf PID...    when ready, let these processes finish (SIGUSR1)
  -st PID...    when ready, end these processes (SIGTERM)
  -dW           a warning is an error
  -dr           accepted: a name that does not resolve never stops a start
  -m -S -x -d?  accepted where they have a meaning in HAProxy alone; a line says why
Signals: SIGHUP and SIGUSR2 read the files again, SIGUSR1 finishes what runs, SIGTERM and SIGINT end.
";

/// `-v`. The language's version stands where scripts look for HAProxy's.
pub(super) fn version() -> String {
    format!(
        "HAProxy version {LANGUAGE_VERSION} (language), served by Sluicegate {}",
        env!("CARGO_PKG_VERSION")
    )
}

/// `-vv`.
pub(super) fn build_info() -> String {
    let debug = if cfg!(debug_assertions) { "debug" } else { "release" };
    let features: Vec<_> = FEATURES.iter().map(|feature| format!("+{feature}")).collect();
    let features = features.join(" ");
    format!(
        "{}\nTarget: {} {}, {debug} build\nFeature list : {features} -OPENSSL -LUA -QUIC\n\
         Default settings: one worker thread a CPU\nPollers: epoll\n",
        version(),
        std::env::consts::ARCH,
        std::env::consts::OS
    )
}
