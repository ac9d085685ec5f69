//! What a file names and this host has not, made up.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

use tempfile::TempDir;

/// A file that can be started here.
pub(crate) struct Prepared {
    /// Goes with it.
    folder: TempDir,
    /// Variables that it uses and the environment lacks.
    pub(crate) variables: BTreeMap<String, String>,
    /// What was made up, in words.
    pub(crate) dummies: Vec<String>,
}

impl Prepared {
    /// The configuration.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("haproxy.cfg")
    }

    /// The same in today's syntax.
    pub(crate) fn modern(&self) -> PathBuf {
        self.folder.path().join("modern.cfg")
    }

    /// The names of hosts.
    pub(crate) fn hosts(&self) -> PathBuf {
        self.folder.path().join("hosts")
    }

    /// Where `sluicegate status` would find it.
    pub(crate) fn admin(&self) -> PathBuf {
        self.folder.path().join("admin.sock")
    }
}

/// Names a file whose text was made up, by the word in front of it.
const FILES: [&str; 13] = [
    "-f",
    "file",
    "lf-file",
    "errorfile",
    "crt",
    "ca-file",
    "ca-verify-file",
    "crl-file",
    "crt-list",
    "lua-load",
    "server-state-file",
    "ca-base",
    "crt-base",
];

/// Names a path that must be writable, by the words in front of it.
const PLACES: [&str; 4] = ["stats socket", "pidfile", "chroot", "server-state-base"];

/// Reads the lines as far as it takes to see what they name: words between spaces, a comment to the end.
pub(crate) fn prepare(bytes: &[u8]) -> io::Result<Prepared> {
    let folder = tempfile::tempdir()?;
    let mut prepared = Prepared { folder, variables: BTreeMap::new(), dummies: Vec::new() };
    let text = String::from_utf8_lossy(bytes);
    let mut hosts = fs::read_to_string("/etc/hosts").unwrap_or_default();
    let mut out = String::new();
    let mut global = false;
    for line in text.split_inclusive('\n') {
        let words: Vec<&str> = line.split('#').next().unwrap_or_default().split_ascii_whitespace().collect();
        global = match words.first() {
            Some(&"global") => true,
            Some(&("defaults" | "frontend" | "backend" | "listen" | "userlist" | "resolvers")) => false,
            _ => global,
        };
        prepared.variables_of(line);
        let mut line = line.to_owned();
        if global || words.first() == Some(&"bind") {
            prepared.owner(&words, &mut line);
        }
        prepared.files_of(&words, &mut line)?;
        prepared.names_of(&words, &mut hosts);
        out.push_str(&line);
    }
    fs::write(prepared.file(), out)?;
    fs::write(prepared.hosts(), hosts)?;
    Ok(prepared)
}

impl Prepared {
    /// `$NAME` and `${NAME}`: a port or an address, by the sound of it.
    fn variables_of(&mut self, line: &str) {
        for piece in line.split('$').skip(1) {
            let piece = piece.strip_prefix('{').unwrap_or(piece);
            let end = piece.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(piece.len());
            let name = &piece[..end];
            let named = name.starts_with(|c: char| c.is_ascii_uppercase());
            let own = name.starts_with("HAPROXY_");
            if !named || own || piece[end..].starts_with('-') || env::var_os(name).is_some() {
                continue;
            }
            let port = 20_000 + self.variables.len();
            let value = if name.contains("PORT") { port.to_string() } else { "127.0.0.1".to_owned() };
            if self.variables.insert(name.to_owned(), value.clone()).is_none() {
                self.dummies.push(format!("{name}={value}"));
            }
        }
    }

    /// `user` and `group` of `global` and of sockets: root where there is no such name.
    fn owner(&mut self, words: &[&str], line: &mut String) {
        for (index, pair) in words.windows(2).enumerate().rev() {
            let (list, name) = match pair {
                ["user", name] => ("/etc/passwd", name),
                ["group", name] => ("/etc/group", name),
                _ => continue,
            };
            let list = fs::read_to_string(list).unwrap_or_default();
            if !list.lines().any(|line| line.split(':').next() == Some(name)) {
                let at = offset(line, index + 1);
                line.replace_range(at..at + name.len(), "root");
                self.dummies.push(format!("{} root for {name}", pair[0]));
            }
        }
    }

    /// Host names to listen on, and of servers.
    fn names_of(&mut self, words: &[&str], hosts: &mut String) {
        let address = match words {
            ["bind", address, ..] | ["listen" | "frontend" | "server", _, address, ..] => address,
            _ => return,
        };
        let name = address.rsplit_once(':').map_or(*address, |(name, _)| name);
        let is_name =
            name.starts_with(|c: char| c.is_ascii_alphabetic()) && !name.contains(['@', ':', '$', '/']);
        if is_name && !hosts.split_ascii_whitespace().any(|known| known == name) {
            hosts.push_str(&format!("127.0.0.1 {name}\n"));
            self.dummies.push(format!("127.0.0.1 for {name}"));
        }
    }

    fn files_of(&mut self, words: &[&str], line: &mut String) -> io::Result<()> {
        let two = words.get(..2).map(|words| words.join(" ")).unwrap_or_default();
        for place in PLACES.iter().filter(|place| **place == two || Some(*place) == words.first()) {
            let path = words.get(place.split(' ').count()).copied().unwrap_or_default();
            let path = path.strip_prefix("unix@").unwrap_or(path);
            self.stand_in(path, line, |there| {
                let folder = if *place == "chroot" { Some(there) } else { there.parent() };
                folder.map_or(Ok(()), fs::create_dir_all)
            })?;
        }
        for (index, word) in words.iter().enumerate() {
            let path = match *word {
                "errorfile" => words.get(index + 2).copied(),
                word if FILES.contains(&word) => words.get(index + 1).copied(),
                word => map_of(word),
            };
            let Some(path) = path.filter(|_| words.first() != Some(&"server")) else { continue };
            self.stand_in(path.trim_matches('"'), line, |there| write_dummy(word, there))?;
        }
        Ok(())
    }

    /// Puts a path below the temporary folder in the place of one that is not there.
    fn stand_in(
        &mut self,
        path: &str,
        line: &mut String,
        make: impl FnOnce(&Path) -> io::Result<()>,
    ) -> io::Result<()> {
        let bare = path.trim_start_matches('/');
        if bare.is_empty() || !path.contains(['/', '.']) {
            return Ok(());
        }
        let there = self.folder.path().join("root").join(bare);
        make(&there)?;
        *line = line.replacen(path, &there.to_string_lossy(), 1);
        self.dummies.push(path.to_owned());
        Ok(())
    }
}

/// Where a word begins.
fn offset(line: &str, word: usize) -> usize {
    let begins = |(at, c): &(usize, char)| {
        !c.is_ascii_whitespace() && (*at == 0 || line.as_bytes()[at - 1].is_ascii_whitespace())
    };
    line.char_indices().filter(begins).nth(word).map_or(0, |(at, _)| at)
}

fn write_dummy(named_by: &str, path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    match named_by {
        "errorfile" => fs::write(
            path,
            "HTTP/1.0 503 Dummy\r\nContent-Type: text/html\r\nConnection: close\r\n\r\ndummy\n",
        ),
        "ca-base" | "crt-base" => fs::create_dir_all(path),
        "crt" | "ca-file" | "ca-verify-file" if path.extension().is_none() => {
            fs::create_dir_all(path)?;
            certificate(&path.join("dummy.pem"))
        }
        "crt" | "ca-file" | "ca-verify-file" => certificate(path),
        // A pattern that is a text, an address and the key of a map.
        "-f" => fs::write(path, "192.0.2.1\n"),
        _ if named_by.contains("map") => fs::write(path, "192.0.2.1 dummy\n"),
        _ => fs::write(path, ""),
    }
}

/// A certificate that signs itself, with its key; an empty file where there is no `openssl` to make one.
fn certificate(path: &Path) -> io::Result<()> {
    let key = path.with_extension("key");
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(["-subj", "/CN=dummy.example", "-days", "30", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(path)
        .output();
    if !made.is_ok_and(|output| output.status.success()) {
        return fs::write(path, "");
    }
    let both = [fs::read(path)?, fs::read(&key)?].concat();
    fs::write(path, both)
}

/// The file that a map in an expression names.
fn map_of(word: &str) -> Option<&str> {
    word.match_indices("map").find_map(|(at, _)| {
        let (name, arguments) = word[at..].split_once('(')?;
        let is_name = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        if is_name { arguments.split([',', ')']).next() } else { None }
    })
}
