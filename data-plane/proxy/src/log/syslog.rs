//! A line in the form that its receiver wants.

use std::time::Duration;

use sluicegate_model::logging::{LogTarget, SyslogFormat};

use super::Level;
use super::calendar::Calendar;
use super::digits::number;
use super::ring::Record;

/// What headers tell of this process.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) host: Box<str>,
    pub(super) program: Box<str>,
    pub(super) pid: u32,
}

impl Process {
    pub(super) fn this() -> Self {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let program = std::env::args_os().next().unwrap_or_default();
        let program = std::path::Path::new(&program).file_name().unwrap_or_default().to_string_lossy();
        Self { host: host.trim_end().into(), program: program.into(), pid: std::process::id() }
    }
}

/// Puts headers before lines.
#[derive(Debug)]
pub(super) struct Framer {
    process: Process,
    calendar: Calendar,
    /// The last line's.
    header: Vec<u8>,
}

/// The lines of one level for one target.
pub(super) struct Frames<'a> {
    framer: &'a mut Framer,
    target: &'a LogTarget,
    level: u8,
    /// That the header is of.
    second: Option<u64>,
}

impl Framer {
    pub(super) fn new(process: Process, calendar: Calendar) -> Self {
        Self { process, calendar, header: Vec::new() }
    }

    /// `None`: the target wants no line of this level.
    pub(super) fn frames<'a>(&'a mut self, target: &'a LogTarget, level: Level) -> Option<Frames<'a>> {
        let level = level as u8;
        (level <= target.max_level).then_some(Frames { framer: self, target, level, second: None })
    }
}

impl Frames<'_> {
    /// Appends a line as the target wants it, cut at its longest.
    pub(super) fn append(&mut self, record: &Record<'_>, out: &mut Vec<u8>) {
        let start = out.len();
        if self.target.format != SyslogFormat::Raw {
            let second = Some(record.at.as_secs());
            if self.second != second || self.is_finer_than_seconds() {
                self.second = second;
                self.write_header(record.at);
            }
            out.extend_from_slice(&self.framer.header);
        }
        if self.target.format == SyslogFormat::Rfc5424 {
            out.extend_from_slice(if record.data.is_empty() { b"-" } else { record.data });
            out.push(b' ');
        }
        out.extend_from_slice(record.text);
        out.truncate(start.saturating_add(self.target.max_length_bytes));
    }

    fn is_finer_than_seconds(&self) -> bool {
        matches!(self.target.format, SyslogFormat::Rfc5424 | SyslogFormat::Timed | SyslogFormat::Iso)
    }

    fn write_header(&mut self, at: Duration) {
        let (target, Framer { process, calendar, header: out }) = (self.target, &mut *self.framer);
        let severity = u64::from(self.level.max(target.min_level));
        let priority = match target.format {
            SyslogFormat::Iso | SyslogFormat::Raw => None,
            SyslogFormat::Short | SyslogFormat::Timed => Some(severity),
            _ => Some(u64::from(target.facility) * 8 + severity),
        };
        out.clear();
        if let Some(priority) = priority {
            out.push(b'<');
            number(priority, out);
            out.push(b'>');
        }
        let host = target.hostname.as_deref().unwrap_or(&process.host);
        let program = target.tag.as_deref().unwrap_or(&process.program);
        match target.format {
            format @ (SyslogFormat::Rfc3164 | SyslogFormat::Local) => {
                calendar.rfc3164(at, out);
                if format == SyslogFormat::Rfc3164 {
                    out.push(b' ');
                    out.extend_from_slice(host.as_bytes());
                }
                out.push(b' ');
                out.extend_from_slice(program.as_bytes());
                out.push(b'[');
                number(process.pid.into(), out);
                out.extend_from_slice(b"]: ");
            }
            SyslogFormat::Rfc5424 => {
                out.extend_from_slice(b"1 ");
                calendar.rfc5424(at, out);
                for field in [host, program] {
                    out.push(b' ');
                    out.extend_from_slice(if field.is_empty() { b"-" } else { field.as_bytes() });
                }
                out.push(b' ');
                number(process.pid.into(), out);
                // No message id; structured data is the line's.
                out.extend_from_slice(b" - ");
            }
            SyslogFormat::Timed | SyslogFormat::Iso => {
                calendar.rfc5424(at, out);
                out.push(b' ');
            }
            SyslogFormat::Short | SyslogFormat::Priority | SyslogFormat::Raw => {}
        }
    }
}
