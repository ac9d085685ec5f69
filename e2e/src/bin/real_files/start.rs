//! Runs `sluicegate` on a prepared file, in a network of its own.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use sluicegate_e2e::{debian, sluicegate_binary};

use super::dummies::Prepared;

/// What is printed when the configuration serves.
const SERVING: &str = "serving generation ";

/// Longer than any start takes, tests on all other processors.
const PATIENCE: Duration = Duration::from_secs(30);

/// Makes every address bindable and the names of the file known, and becomes what follows.
const ALONE: &str = "ip link set lo up && echo 1 > /proc/sys/net/ipv4/ip_nonlocal_bind && \
    { echo 1 > /proc/sys/net/ipv6/ip_nonlocal_bind || true; } 2>/dev/null && mount --bind \"$0\" /etc/hosts && exec \"$@\"";

/// A command of `sluicegate` that can bind what the file says.
fn command(prepared: &Prepared, words: &[&str]) -> Command {
    let mut command = alone(prepared, &sluicegate_binary("sluicegate"));
    command.args(words).arg(prepared.file());
    command
}

fn alone(prepared: &Prepared, program: &Path) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--net", "--mount", "sh", "-c", ALONE]).arg(prepared.hosts()).arg(program);
    command.env("SLUICEGATE_ADMIN", prepared.admin()).envs(&prepared.variables);
    command
}

/// What refuses the file in today's syntax, this program or Debian's HAProxy, and what they say; empty where both take it.
pub(crate) fn modern(prepared: &Prepared) -> io::Result<String> {
    let printed = command(prepared, &["check", "--modernize"]).output()?;
    fs::write(prepared.modern(), &printed.stdout)?;
    let mut said = String::new();
    let mut ours = alone(prepared, &sluicegate_binary("sluicegate"));
    let mut theirs = alone(prepared, &debian("haproxy"));
    ours.arg("check").arg(prepared.modern());
    theirs.arg("-c").arg("-f").arg(prepared.modern());
    for (name, command, mark) in [("sluicegate", &mut ours, "error"), ("HAProxy", &mut theirs, "ALERT")] {
        let output = command.output()?;
        if output.status.code() == Some(1) {
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            let lines = text.lines().filter(|line| line.contains(mark) && !line.contains("rror(s) found"));
            lines.for_each(|line| said.push_str(&format!("  modern, {name}: {line}\n")));
        }
    }
    Ok(said)
}

/// The exit code of `check`, and its report.
pub(crate) fn check(prepared: &Prepared) -> io::Result<(i32, Value)> {
    let output = command(prepared, &["check", "-o", "json"]).output()?;
    let code = output.status.code().unwrap_or(1);
    serde_json::from_slice(&output.stdout)
        .map(|report| (code, report))
        .map_err(|_| io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))
}

/// Starts it, sees it serve, asks for its status and stops it. What it said, as an error where one of these fails.
pub(crate) fn serves(prepared: &Prepared) -> io::Result<Result<String, String>> {
    let mut child = command(prepared, &["run"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let (sender, lines) = mpsc::sync_channel(64);
    let stderr = child.stderr.take();
    let reader = thread::spawn(move || {
        for line in stderr.into_iter().flat_map(|stderr| BufReader::new(stderr).lines()).map_while(Result::ok)
        {
            // Read to the end, heard or not: a full pipe would hold the process up.
            let _nobody_listens = sender.send(line);
        }
    });
    let began = Instant::now();
    let mut said = Vec::new();
    let serving = loop {
        match lines.recv_timeout(PATIENCE.saturating_sub(began.elapsed())) {
            Ok(line) if line.contains(SERVING) => break Some(line),
            Ok(line) => said.push(line),
            Err(_) => break None,
        }
    };
    let drain = thread::spawn(move || lines.into_iter().for_each(drop));
    let outcome = match serving {
        Some(line) => stopped(prepared, &mut child)?.map(|()| after(&line, SERVING)),
        None => {
            let _it_may_be_gone = child.kill();
            child.wait()?;
            Err(said.join("\n"))
        }
    };
    for thread in [reader, drain] {
        let _it_printed_why = thread.join();
    }
    Ok(outcome)
}

/// Asks for the status, and stops it.
fn stopped(prepared: &Prepared, child: &mut Child) -> io::Result<Result<(), String>> {
    let status = Command::new(sluicegate_binary("sluicegate"))
        .arg("status")
        .env("SLUICEGATE_ADMIN", prepared.admin())
        .output()?;
    if let Ok(pid) = i32::try_from(child.id()) {
        kill(Pid::from_raw(pid), Signal::SIGTERM)?;
    }
    let ended = child.wait()?;
    Ok(match (status.status.success(), ended.success()) {
        (true, true) => Ok(()),
        (false, _) => Err(String::from_utf8_lossy(&status.stderr).into_owned()),
        (true, false) => Err(format!("it ended with {ended}")),
    })
}

fn after(line: &str, words: &str) -> String {
    line.split_once(words).map_or(line, |(_, rest)| rest).to_owned()
}
