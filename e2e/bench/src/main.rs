//! `sluicegate-bench`: what requests cost Sluicegate, beside HAProxy, nginx and the floor, in one run.
//!
//! Everything is in this one program: the driver, the clients, the servers, and a relay that parses nothing. It starts each
//! proxy for each measurement anew, in a network of its own, on a core of its own, and reads the processor time of the
//! proxy's processes for a unit of work. Peers take turns within a round, and only ratios of one round are compared: the
//! figures themselves move with the machine.
//!
//! It knows proxies by their command lines and configurations alone. A new one is an entry in `peer`, a new load one in
//! `workload`.

mod acceptor;
mod certificate;
mod choice;
mod command;
mod conf;
mod counts;
mod docker;
mod echo;
mod flame;
mod floor;
mod load;
mod machine;
mod measure;
mod namespace;
mod net;
mod origin;
mod peer;
mod proc;
mod process;
mod report;
mod rounds;
mod stats;
mod tls;
mod wire;
mod workload;

use std::fs;
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use clap::Parser as _;

use command::{Action, Command, Output, Run};
use machine::Machine;
use measure::Bench;
use peer::Programs;
use report::Report;

fn main() -> ExitCode {
    act(Command::parse().action).unwrap_or_else(|error| {
        eprintln!("sluicegate-bench: {error:#}");
        ExitCode::FAILURE
    })
}

fn act(action: Action) -> anyhow::Result<ExitCode> {
    match action {
        Action::Run(options) => return run(options),
        Action::Docker(options) => docker::run(&options)?,
        Action::List => list(),
        Action::Origin { port } => origin::run(&net::listen(port)?)?,
        Action::Floor { port, servers, udp: false } => floor::run(&net::listen(port)?, &servers)?,
        Action::Floor { port, servers, udp: true } => {
            floor::datagrams::run(&net::datagrams(port)?, &servers)?;
        }
        Action::Echo { port } => echo::run(&net::datagrams(port)?)?,
        Action::Acceptor { port, certificate } => acceptor::run(&net::listen(port)?, &certificate)?,
        Action::Load(plan) => load::run(&plan)?,
        Action::On { cores, program, arguments } => process::become_program(&cores, &program, &arguments)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list() {
    for workload in workload::all(1.0, 1) {
        println!("{:12}  {}", workload.id, workload.title);
    }
    println!();
    for entry in peer::TABLE {
        println!("{}", entry.id);
    }
}

/// Exit code 1 where a measurement failed.
fn run(options: Run) -> anyhow::Result<ExitCode> {
    namespace::enter()?;
    let most_connections = process::descriptors() / 20 * 9;
    let bench = Bench {
        proxy_core: options.proxy_core,
        load_core: options.load_core,
        connections: (process::descriptors().saturating_sub(1000) / 2).min(11_000),
    };
    ensure!(bench.connections > 64, "{} descriptors are too few (ulimit -n)", process::descriptors());
    let most = usize::try_from(most_connections.min(10_000))?;
    let sluicegate = peer::sluicegate(options.sluicegate.clone())?;
    let programs = Programs { sluicegate, others: options.also.clone() };
    let workloads = workload::all(options.seconds, most);
    let (mut workloads, peers) = choice::choose(&options.words, workloads, programs.peers()?)?;
    let machine = Machine::look(&peers);
    eprintln!("{}", machine.words());
    let origins = bench.origins()?;
    if options.flame {
        print!("{}", flame::run(&bench, &workloads, &peers)?);
        return Ok(ExitCode::SUCCESS);
    }
    let paced = workloads.iter_mut().filter(|workload| workload.is_paced() && options.counter().is_none());
    for workload in paced {
        let rate = rounds::rate(&bench, workload, &peers, options.rate)
            .context("looking for a rate that all keep")?;
        workload.plan.rate = Some(rate);
    }
    let command = options.command();
    let results = match options.counter() {
        Some(counter) => counts::run(counter, &bench, &workloads, &peers),
        None => rounds::run(&bench, &workloads, &peers, usize::from(options.rounds)),
    };
    drop(origins);
    let report = Report { machine: &machine, workloads: &workloads, results: &results, command };
    match options.output {
        Output::Text => print!("{}", report.text()),
        Output::Json => println!("{}", report.json()?),
    }
    if let Some(file) = options.markdown {
        let before = fs::read_to_string(&file).unwrap_or_default();
        let document = report::put(&before, report.section(), &report.markdown());
        fs::write(&file, document).with_context(|| format!("{}", file.display()))?;
    }
    Ok(if results.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
