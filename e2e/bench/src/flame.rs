//! Where a proxy's processor time goes, as a flame graph in text: sampled by perf(1), with the kernel's part.
//!
//! The kernel's call chains are whole. Ours are not, as nothing keeps frame pointers: of the program only the functions
//! that were running themselves are told.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::process::Stdio;

use anyhow::{Context as _, ensure};

use crate::measure::{Bench, Load};
use crate::peer::Peer;
use crate::process::Process;
use crate::rounds::peers_of;
use crate::workload::{Unit, Workload};

/// Samples a second of processor time: no divisor of the kernel's ticks.
const FREQUENCY: &str = "4999";
/// What is less than this part of the whole is left out.
const LEAST: f64 = 0.015;
/// A function that does next to nothing beside calling another one is left out too.
const PASSES_ON: f64 = 0.95;
/// Functions in the list of the most expensive ones.
const MOST: usize = 10;

/// Samples all that have requests, and tells the graphs.
pub(crate) fn run(bench: &Bench, workloads: &[Workload], peers: &[Peer]) -> anyhow::Result<String> {
    let mut text = String::new();
    for workload in
        workloads.iter().filter(|workload| workload.unit != Unit::Connection && !workload.is_paced())
    {
        for peer in peers_of(workload, peers) {
            let samples = sampled(bench, workload, peer)
                .with_context(|| format!("{} of {}", workload.id, peer.name))?;
            let graph = Graph::of(&samples);
            ensure!(graph.whole.count > 0, "perf has seen nothing: is it allowed here?");
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{}: {}\n\n{}", peer.name, workload.title, graph.text());
        }
    }
    Ok(text)
}

/// What `perf script` says of the proxy under load.
fn sampled(bench: &Bench, workload: &Workload, peer: &Peer) -> anyhow::Result<String> {
    let running = peer.start(&bench.conditions(workload))?;
    let mut load = Load::start(&workload.plan, &bench.load_cores())?;
    let file = env::temp_dir().join(format!("sluicegate-bench-{}.perf", running.process.pid()));
    let tree: Vec<String> = running.process.tree()?.iter().map(ToString::to_string).collect();
    let mut record = Process::command(&bench.load_cores(), "perf".as_ref())?;
    record.args(["record", "-q", "-e", "cpu-clock", "-g", "-F", FREQUENCY, "-p", &tree.join(","), "-o"]);
    record.arg(&file).stdin(Stdio::null()).stdout(Stdio::null());
    let mut record = Process::start(record)?;
    load.run()?;
    record.terminate().context("perf")?;
    let script = std::process::Command::new("perf")
        .args(["script", "-F", "ip,sym", "-i"])
        .arg(&file)
        .stderr(Stdio::null())
        .output()?;
    std::fs::remove_file(&file)?;
    Ok(String::from_utf8_lossy(&script.stdout).into_owned())
}

/// Samples by where they were taken.
#[derive(Debug, Default)]
struct Graph {
    whole: Node,
    /// Samples by the function that was running.
    running: BTreeMap<String, u64>,
}

#[derive(Debug, Default)]
struct Node {
    count: u64,
    calls: BTreeMap<String, Node>,
}

impl Graph {
    /// From the text of `perf script -F ip,sym`: a line for each frame, the running function first, and an empty line
    /// behind each sample.
    fn of(samples: &str) -> Self {
        let mut graph = Self::default();
        let mut frames = Vec::new();
        for line in samples.lines().chain([""]) {
            match line.trim().split_once(' ') {
                Some((address, name)) => frames.push(Frame::new(address, name)),
                None => graph.add(std::mem::take(&mut frames)),
            }
        }
        graph
    }

    fn add(&mut self, frames: Vec<Frame>) {
        let Some(running) = frames.first() else { return };
        *self.running.entry(running.name.clone()).or_default() += 1;
        let mut path = vec![if running.kernel { "the kernel" } else { "the program" }];
        if running.kernel {
            let kernel: Vec<&str> =
                frames.iter().take_while(|frame| frame.kernel).map(|frame| frame.name.as_str()).collect();
            // From the call that the program made; without one it is an interrupt.
            let call = kernel.iter().position(|name| name.starts_with("__x64_sys_"));
            path.extend(kernel[..=call.unwrap_or(kernel.len() - 1)].iter().rev());
        } else {
            path.push(&running.name);
        }
        let mut node = &mut self.whole;
        node.count += 1;
        for name in path {
            node = node.calls.entry(name.to_owned()).or_default();
            node.count += 1;
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        self.whole.write(&mut text, self.whole.count, 0);
        let _ = writeln!(text, "\nthe most expensive functions by themselves:");
        let mut running: Vec<(&String, &u64)> = self.running.iter().collect();
        running.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        for (name, count) in running.into_iter().take(MOST) {
            let _ = writeln!(text, "{:5.1} %  {name}", percent(*count, self.whole.count));
        }
        text
    }
}

impl Node {
    fn write(&self, text: &mut String, whole: u64, depth: usize) {
        let mut calls: Vec<(&String, &Self)> = self.calls.iter().collect();
        calls.sort_by_key(|(_, node)| std::cmp::Reverse(node.count));
        for (mut name, mut node) in calls {
            if percent(node.count, whole) < LEAST * 100.0 {
                continue;
            }
            // The two halves and the kernel's calls always show.
            while depth > 1
                && let Some((only, called)) = node.calls.iter().max_by_key(|(_, called)| called.count)
                && called.count as f64 >= node.count as f64 * PASSES_ON
            {
                (name, node) = (only, called);
            }
            let _ = writeln!(
                text,
                "{:5.1} % {:indent$}{name}",
                percent(node.count, whole),
                "",
                indent = depth * 2
            );
            node.write(text, whole, depth + 1);
        }
    }
}

#[derive(Debug)]
struct Frame {
    name: String,
    kernel: bool,
}

impl Frame {
    fn new(address: &str, name: &str) -> Self {
        // The hash that tells instances of a function apart says nothing to a reader.
        let name = match name.rsplit_once("::h") {
            Some((path, hash)) if hash.len() == 16 => path,
            _ => name,
        };
        Self { name: name.to_owned(), kernel: address.len() == 16 && address.starts_with("ffff") }
    }
}

fn percent(part: u64, whole: u64) -> f64 {
    100.0 * part as f64 / whole as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLES: &str = "
\tffffffff81000010 tcp_ack
\tffffffff81000020 tcp_rcv_established
\tffffffff81000030 __sys_sendto
\tffffffff81000040 __x64_sys_sendto
\tffffffff81000050 do_syscall_64
\t          401000 __send

\tffffffff81000020 tcp_rcv_established
\tffffffff81000030 __sys_sendto
\tffffffff81000040 __x64_sys_sendto
\tffffffff81000050 do_syscall_64
\t          401000 __send

\tffffffff81000090 asm_common_interrupt

\t          402000 sluicegate_engine::h1::parse::Head::parse::h0123456789abcdef
\t          403000 main

";

    #[test]
    fn samples_are_added_up_along_their_calls() {
        let graph = Graph::of(SAMPLES);
        assert_eq!(graph.whole.count, 4);
        let text = graph.text();
        let expected = "
 75.0 % the kernel
 50.0 %   __x64_sys_sendto
 50.0 %     tcp_rcv_established
 25.0 %       tcp_ack
 25.0 %   asm_common_interrupt
 25.0 % the program
 25.0 %   sluicegate_engine::h1::parse::Head::parse

the most expensive functions by themselves:
 25.0 %  asm_common_interrupt
 25.0 %  sluicegate_engine::h1::parse::Head::parse
 25.0 %  tcp_ack
 25.0 %  tcp_rcv_established
";
        assert_eq!(text, expected.trim_start_matches('\n'));
    }
}
