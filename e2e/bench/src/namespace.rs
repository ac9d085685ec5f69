//! A network of its own: loopback only, so that nothing outside is met and no setting outside is changed.

use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::{env, fs};

use anyhow::{Context as _, ensure};

/// Set for the process inside.
const INSIDE: &str = "SLUICEGATE_BENCH_INSIDE";

/// Below `/proc/sys/net`. Reno, because congestion control with pacing takes timers; the ports and backlogs are for
/// thousands of connections.
const SETTINGS: [(&str, &str); 6] = [
    ("ipv4/tcp_congestion_control", "reno"),
    ("ipv4/ip_local_port_range", "10000 65000"),
    ("core/somaxconn", "8192"),
    ("ipv4/tcp_max_syn_backlog", "8192"),
    ("ipv4/tcp_rmem", "4096 131072 6291456"),
    ("ipv4/tcp_wmem", "4096 16384 4194304"),
];

/// Starts this program again inside, unless it is there already.
pub(crate) fn enter() -> anyhow::Result<()> {
    if env::var_os(INSIDE).is_none() {
        let mut command = Command::new("unshare");
        if !rustix::process::geteuid().is_root() {
            command.args(["--user", "--map-root-user"]);
        }
        command.arg("--net").arg(env::current_exe()?).args(env::args_os().skip(1)).env(INSIDE, "1");
        return Err(command.exec()).context("cannot start unshare (of util-linux)");
    }
    let up = Command::new("ip")
        .args(["link", "set", "lo", "up"])
        .status()
        .context("cannot start ip (of iproute2)")?;
    ensure!(up.success(), "`ip link set lo up`: {up}");
    for (name, value) in SETTINGS {
        if let Err(error) = fs::write(format!("/proc/sys/net/{name}"), value) {
            eprintln!("net/{name} stays as it is: {error}");
        }
    }
    Ok(())
}
