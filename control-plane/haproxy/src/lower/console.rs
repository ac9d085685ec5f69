//! `stats socket`: what is wrong with a line, and its address.

use std::os::unix::ffi::OsStringExt as _;

use super::Lowering;
use super::address::{self, Address, Host, Port};
use super::settings::Lines;
use crate::console::{self, ConsoleAddress};
use crate::diagnostic::{Code, Diagnostic};

impl Lowering<'_> {
    /// Tells the mistakes of the lines that ask for a console.
    pub(super) fn console(&mut self, lines: &Lines<'_>) {
        for line in lines.all("stats socket") {
            if let Err(problem) = console::socket(line) {
                let found = Diagnostic::error(Code::BadValue, problem.word.span(), problem.what);
                self.report(found.help(problem.help));
            }
        }
        for line in lines.all("stats timeout") {
            if let Some(word) = line.args().first() {
                self.positive_time(word);
            }
        }
        for line in lines.all("stats maxconn") {
            if let Some(word) = line.args().first() {
                self.number(word, 1..=u32::MAX);
            }
        }
    }
}

/// The address of a console; the error says what is wrong with it.
pub(crate) fn console_address(text: &str) -> Result<ConsoleAddress, String> {
    match address::parse(text).map_err(|error| error.to_string())? {
        Address::Unix(path) if path.first() != Some(&0) => {
            Ok(ConsoleAddress::Unix(std::ffi::OsString::from_vec(path).into()))
        }
        Address::Inet { host, family, port: Port::One(port) } => match host {
            Host::Ip(ip) => Ok(console::tcp(ip, port)),
            Host::Any => Ok(console::tcp(address::wildcard(family), port)),
            Host::Name(name) => Err(format!("`{name}` is a name; a console listens on an address")),
        },
        Address::Inet { .. } => Err(format!("`{text}` has not one port")),
        Address::Unix(_) | Address::Descriptor(_) => {
            Err(format!("`{text}` is not a path, nor an address with a port"))
        }
    }
}
