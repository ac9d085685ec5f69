//! Where `-c` answers otherwise than Debian's HAProxy 2.6, and why.

/// One file.
pub(crate) struct Difference {
    /// Its name.
    pub(crate) file: &'static str,
    /// HAProxy's exit code.
    pub(crate) theirs: i32,
    /// That of the drop-in.
    pub(crate) ours: i32,
    /// Why they differ.
    #[allow(dead_code, reason = "for people")]
    pub(crate) why: &'static str,
}

const OLD: &str = "what HAProxy had up to 2.0 or 1.5 is read as what replaced it";

/// All of them.
pub(crate) const DIFFERENCES: &[Difference] = &[
    taken("debian-jessie", OLD),
    taken("modern-3x", "keywords that came after 2.6 are known"),
    taken("no-final-newline", "nothing is lost with the last line end"),
    taken("old-apostrophe", OLD),
    taken("old-names", "the second server of a name gets one of its own"),
    taken("old-appsession", OLD),
    taken("old-req-rules", OLD),
    taken("old-style-1.3", OLD),
    taken("rhel5-address-on-line", OLD),
];

/// HAProxy refuses it.
const fn taken(file: &'static str, why: &'static str) -> Difference {
    Difference { file, theirs: 1, ours: 0, why }
}
