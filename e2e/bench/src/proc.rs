//! What the kernel tells of processes, cores and connections (proc(5)).

use std::collections::BTreeMap;
use std::ops::Sub;
use std::{fs, io};

/// Linux tells everyone 100 ticks a second, whatever it counts in.
const TICK_MICROSECONDS: f64 = 10_000.0;

/// Processor time, in microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Time {
    pub(crate) user: f64,
    pub(crate) system: f64,
}

impl Time {
    pub(crate) fn total(self) -> f64 {
        self.user + self.system
    }
}

impl Sub for Time {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self { user: self.user - before.user, system: self.system - before.system }
    }
}

/// What a core did since the machine started, in ticks.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Core {
    pub(crate) busy: f64,
    pub(crate) idle: f64,
}

impl Core {
    /// The part of the time since `before` in which it worked.
    pub(crate) fn busy_since(self, before: Self) -> f64 {
        let (busy, idle) = (self.busy - before.busy, self.idle - before.idle);
        if busy + idle > 0.0 { busy / (busy + idle) } else { 0.0 }
    }

    /// Microseconds that it worked since `before`.
    pub(crate) fn microseconds_since(self, before: Self) -> f64 {
        (self.busy - before.busy) * TICK_MICROSECONDS
    }
}

/// A process and all that descend from it.
pub(crate) fn tree(root: u32) -> io::Result<Vec<u32>> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for entry in fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // One that ends meanwhile is gone.
        let Ok(text) = fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
        if let Some(stat) = stat(&text) {
            children.entry(stat.parent).or_default().push(pid);
        }
    }
    let mut tree = vec![root];
    let mut at = 0;
    while let Some(pid) = tree.get(at) {
        tree.extend(children.remove(pid).unwrap_or_default());
        at += 1;
    }
    Ok(tree)
}

/// Processor time of these processes so far, with all their threads.
pub(crate) fn time(processes: &[u32]) -> Time {
    let stats = processes.iter().filter_map(|pid| fs::read_to_string(format!("/proc/{pid}/stat")).ok());
    stats.filter_map(|text| stat(&text)).fold(Time::default(), |sum, stat| Time {
        user: sum.user + stat.time.user,
        system: sum.system + stat.time.system,
    })
}

/// Resident bytes of these processes.
pub(crate) fn resident(processes: &[u32]) -> u64 {
    let texts = processes.iter().filter_map(|pid| fs::read_to_string(format!("/proc/{pid}/status")).ok());
    texts.filter_map(|text| resident_bytes(&text)).sum()
}

/// What a core did so far.
pub(crate) fn core(number: usize) -> io::Result<Core> {
    let text = fs::read_to_string("/proc/stat")?;
    core_of(&text, number).ok_or_else(|| io::Error::other(format!("/proc/stat has no cpu{number}")))
}

/// TCP connections that this network namespace has opened so far.
pub(crate) fn connections_opened() -> io::Result<u64> {
    let text = fs::read_to_string("/proc/net/snmp")?;
    active_opens(&text).ok_or_else(|| io::Error::other("/proc/net/snmp has no ActiveOpens"))
}

/// This network namespace has a socket that datagrams to a port come to.
pub(crate) fn takes_datagrams(port: u16) -> io::Result<bool> {
    Ok(has_local_port(&fs::read_to_string("/proc/net/udp")?, port))
}

/// The process is gone, or has closed all that it had and waits only to be reaped.
pub(crate) fn has_ended(pid: u32) -> bool {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"));
    text.ok().and_then(|text| stat(&text)).is_none_or(|stat| matches!(stat.state, 'Z' | 'X'))
}

struct Stat {
    state: char,
    parent: u32,
    time: Time,
}

/// Fields 3, 4, 14 and 15, counted from behind the parenthesis that ends field 2: names may hold anything.
fn stat(text: &str) -> Option<Stat> {
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let ticks = |index: usize| fields.get(index)?.parse::<f64>().ok();
    let time = Time { user: ticks(11)? * TICK_MICROSECONDS, system: ticks(12)? * TICK_MICROSECONDS };
    let state = fields.first()?.chars().next()?;
    Some(Stat { state, parent: fields.get(1)?.parse().ok()?, time })
}

fn resident_bytes(text: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(value.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

fn core_of(text: &str, number: usize) -> Option<Core> {
    let name = format!("cpu{number}");
    let line = text.lines().find(|line| line.split_ascii_whitespace().next() == Some(name.as_str()))?;
    let fields: Vec<f64> =
        line.split_ascii_whitespace().skip(1).filter_map(|field| field.parse().ok()).collect();
    let [user, nice, system, idle, waiting, interrupts, soft_interrupts, ..] = fields[..] else {
        return None;
    };
    Some(Core { busy: user + nice + system + interrupts + soft_interrupts, idle: idle + waiting })
}

fn active_opens(text: &str) -> Option<u64> {
    let mut lines = text.lines().filter_map(|line| line.strip_prefix("Tcp:"));
    let at = lines.next()?.split_ascii_whitespace().position(|name| name == "ActiveOpens")?;
    lines.next()?.split_ascii_whitespace().nth(at)?.parse().ok()
}

/// Of the second field, `ADDRESS:PORT` in hexadecimal digits.
fn has_local_port(text: &str, port: u16) -> bool {
    let local = |line: &str| {
        let (_, port) = line.split_ascii_whitespace().nth(1)?.rsplit_once(':')?;
        u16::from_str_radix(port, 16).ok()
    };
    text.lines().filter_map(local).any(|local| local == port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_shifts_nothing() {
        let text = "42 (a (b) c) S 7 42 42 0 -1 4194304 1 2 3 4 150 250 0 0 20 0 3 0 100 1 2";
        let stat = stat(text).unwrap();
        assert_eq!((stat.state, stat.parent), ('S', 7));
        assert_eq!(stat.time, Time { user: 1_500_000.0, system: 2_500_000.0 });
        assert!(super::stat("42 (cut) S 7").is_none());
    }

    #[test]
    fn resident_memory_is_in_bytes() {
        assert_eq!(resident_bytes("Name:\tx\nVmHWM:\t  9 kB\nVmRSS:\t    12 kB\n"), Some(12 * 1024));
        assert_eq!(resident_bytes("Name:\tkernel thread\n"), None);
    }

    #[test]
    fn a_core_is_found_by_its_whole_name() {
        let text = "cpu  9 9 9 9 9 9 9 9\ncpu1 1 2 3 40 5 6 7 8 0 0\ncpu10 0 0 0 0 0 0 0 0\nintr 5\n";
        let before = core_of(text, 1).unwrap();
        assert_eq!(before, Core { busy: 19.0, idle: 45.0 });
        let after = Core { busy: 20.0, idle: 48.0 };
        assert_eq!(after.busy_since(before), 0.25);
        assert_eq!(after.microseconds_since(before), 10_000.0);
        assert_eq!(core_of(text, 2), None);
    }

    #[test]
    fn opened_connections_are_found_by_their_column() {
        let text =
            "Ip: Forwarding\nIp: 1\nTcp: RtoMin MaxConn ActiveOpens PassiveOpens\nTcp: 200 -1 77 5\nUdp: x\n";
        assert_eq!(active_opens(text), Some(77));
        assert_eq!(active_opens("Tcp: A B\nTcp: 1 2\n"), None);
    }

    #[test]
    fn a_port_of_datagrams_is_the_local_one() {
        let text =
            "  sl  local_address rem_address   st\n   7: 0100007F:1F90 0100007F:1FA5 07 00000000:00000000\n";
        assert!(has_local_port(text, 8080));
        assert!(!has_local_port(text, 8101));
    }

    #[test]
    fn this_process_is_its_own_tree_and_holds_memory() {
        let me = std::process::id();
        assert!(tree(me).unwrap().contains(&me));
        assert!(resident(&[me]) > 100_000);
        assert!(!has_ended(me));
    }
}
