//! What an image is made of.

use std::fs;
use std::path::Path;
use std::process::Command;

/// The application, linked statically by `build.rs`.
pub(super) fn app() -> &'static [u8] {
    include_bytes!(concat!(env!("OUT_DIR"), "/app"))
}

/// The files of an image.
#[derive(Clone, Debug, Default)]
pub struct Files {
    files: Vec<(String, u32, Vec<u8>)>,
}

impl Files {
    /// Adds a file; its path has no leading slash, its mode is as for chmod.
    pub fn add(mut self, path: &str, mode: u32, content: &[u8]) -> Self {
        self.files.push((path.to_owned(), mode, content.to_vec()));
        self
    }

    /// Adds a program of the host as `path`, with the libraries and the loader that it asks for.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn add_program(mut self, path: &str, program: &Path) -> Self {
        let content =
            |file: &Path| fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self = self.add(path, 0o755, &content(program));
        let output = Command::new("ldd").arg(program).output().expect("Debian has ldd");
        // "libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x…)", "/lib64/ld-linux-x86-64.so.2 (0x…)"
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        for library in text.split_whitespace().filter(|word| word.starts_with('/')) {
            self = self.add(library.trim_start_matches('/'), 0o755, &content(Path::new(library)));
        }
        self
    }

    /// As a tar archive (POSIX ustar).
    pub(super) fn tar(&self) -> Vec<u8> {
        let mut tar = Vec::new();
        for (path, mode, content) in &self.files {
            tar.extend(header(path, *mode, content.len()));
            tar.extend(content);
            tar.resize(tar.len().next_multiple_of(512), 0);
        }
        tar.resize(tar.len() + 1024, 0);
        tar
    }
}

fn header(path: &str, mode: u32, size: usize) -> [u8; 512] {
    assert!(path.len() < 100, "ustar's name field has 100 bytes: {path}");
    let mut header = [0; 512];
    let mut put = |at: usize, text: &[u8]| header[at..at + text.len()].copy_from_slice(text);
    put(0, path.as_bytes());
    put(100, format!("{mode:07o}").as_bytes());
    put(108, b"0000000");
    put(116, b"0000000");
    put(124, format!("{size:011o}").as_bytes());
    put(136, b"00000000000");
    // The checksum counts its own field as spaces.
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}
