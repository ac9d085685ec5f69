//! A line in the form that its receiver wants.

use sluicegate_model::logging::{LogTarget, SyslogFormat};

use super::calendar::{Calendar, digits};
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

/// Appends a line as `target` wants it, cut at its longest; false: it wants no line of this level.
pub(super) fn frame(
    target: &LogTarget,
    record: &Record<'_>,
    process: &Process,
    calendar: &mut Calendar,
    out: &mut Vec<u8>,
) -> bool {
    let level = record.level as u8;
    if level > target.max_level {
        return false;
    }
    let start = out.len();
    if target.format != SyslogFormat::Raw {
        out.push(b'<');
        digits(u16::from(target.facility) * 8 + u16::from(level.max(target.min_level)), 1, out);
        out.push(b'>');
    }
    let program = target.tag.as_deref().unwrap_or(&process.program);
    match target.format {
        format @ (SyslogFormat::Rfc3164 | SyslogFormat::Local) => {
            calendar.rfc3164(record.at, out);
            if format == SyslogFormat::Rfc3164 {
                out.push(b' ');
                out.extend_from_slice(target.hostname.as_deref().unwrap_or(&process.host).as_bytes());
            }
            out.push(b' ');
            out.extend_from_slice(program.as_bytes());
            out.push(b'[');
            digits(process.pid, 1, out);
            out.extend_from_slice(b"]: ");
        }
        SyslogFormat::Rfc5424 => {
            out.extend_from_slice(b"1 ");
            calendar.rfc5424(record.at, out);
            for field in [target.hostname.as_deref().unwrap_or(&process.host), program] {
                out.push(b' ');
                out.extend_from_slice(if field.is_empty() { b"-" } else { field.as_bytes() });
            }
            out.push(b' ');
            digits(process.pid, 1, out);
            out.extend_from_slice(b" - - ");
        }
        SyslogFormat::Short | SyslogFormat::Raw => {}
    }
    out.extend_from_slice(record.text);
    out.truncate(out.len().min(start + target.max_length_bytes));
    true
}
