//! What was measured, and on what.

use std::fs;

use serde::Serialize;

use crate::peer::{Kind, Peer};

/// The machine, and the versions of the peers.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) memory_mebibytes: u64,
    pub(crate) kernel: String,
    /// Programs that ran a minute before, as the kernel averages them.
    pub(crate) load: String,
    pub(crate) versions: Vec<(String, String)>,
}

impl Machine {
    /// This one.
    pub(crate) fn look(peers: &[Peer]) -> Self {
        let read = |file: &str| fs::read_to_string(file).unwrap_or_default();
        let memory = read("/proc/meminfo");
        let kibibytes =
            value(&memory, "MemTotal").and_then(|value| value.split(' ').next()?.parse::<u64>().ok());
        let mut versions: Vec<(String, String)> = Vec::new();
        for peer in peers {
            let name = peer.program.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let ours = matches!(peer.entry.kind, Kind::Floor | Kind::Acceptor);
            let name = if peer.entry.id == peer.name && !ours { name } else { peer.name.clone() };
            if versions.iter().all(|(known, _)| *known != name) {
                versions.push((name, peer.version()));
            }
        }
        Self {
            processor: value(&read("/proc/cpuinfo"), "model name")
                .unwrap_or("an unknown processor")
                .to_owned(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_mebibytes: kibibytes.unwrap_or(0) / 1024,
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            load: read("/proc/loadavg").split(' ').next().unwrap_or_default().to_owned(),
            versions,
        }
    }

    /// In one line.
    pub(crate) fn words(&self) -> String {
        let Self { processor, cores, memory_mebibytes, kernel, load, .. } = self;
        format!("{processor}, {cores} cores, {memory_mebibytes} MiB, Linux {kernel}, load {load} before")
    }
}

/// Of the first line `name : value`.
fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let pair = |line: &'a str| line.split_once(':').filter(|(left, _)| left.trim() == name);
    text.lines().find_map(pair).map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_their_whole_name() {
        let text = "MemTotalX: 1 kB\nMemTotal:       16 kB\nmodel name\t: Some CPU\n";
        assert_eq!(value(text, "MemTotal"), Some("16 kB"));
        assert_eq!(value(text, "model name"), Some("Some CPU"));
        assert_eq!(value(text, "name"), None);
    }
}
