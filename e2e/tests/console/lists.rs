//! Lists of patterns and maps, before and after operators change them: the same files, requests and commands through
//! HAProxy and ours.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use sluicegate_e2e::console::ask;
use sluicegate_e2e::{Connection, HTTP_DEFAULTS, Haproxy, Sluicegate, free_address};
use tempfile::TempDir;

/// HAProxy 2.6 keeps what it found by the file and the value alone: each way to look has files of its own.
const FILES: &[(&str, &str)] = &[
    ("deny.lst", "# who may not\n/secret\n  /hidden/\n"),
    (
        "hosts.map",
        "# sites\nwww.example.com one\nstatic.example.com   two words \nexample.org\nwww.example.com again\n",
    ),
    ("paths.map", "/ root\n/api api\n/api/v2 v2\n/Img pictures\n"),
    ("parts.map", "admin a\n.php b\n/api c\n"),
    ("ends.map", "admin a\n.php b\n/api c\n"),
    ("dirs.map", "admin a\napi c\nsome/thing d\n"),
    ("doms.map", "example two\ncom one\n"),
    ("exprs.map", "^/u/([0-9]+)/(.*)$ user=\\1,rest=\\2,\\\\\n[.]html?$ page\n"),
    ("nets.map", "0.0.0.0/0 any\n127.0.0.0/8 loop\n127.0.0.1 here\n::1 six\n"),
    ("ports.map", "1:1023 low\n1024:65535 high\n"),
    ("counts.map", "/a 7\n/b -3\n"),
    ("addresses.map", "/a 192.0.2.1\n/b 2001:db8::1\n"),
];

/// Every converter that is looked at, as the header that shows it.
const LOOKS: &[&str] = &[
    "req.hdr(host),map(hosts.map,none)",
    "req.hdr(host),lower,map_str(hosts.map)",
    "req.hdr(host),map_dom(doms.map,none)",
    "path,map_beg(paths.map,none)",
    "path,map_sub(parts.map,none)",
    "path,map_end(ends.map,none)",
    "path,map_dir(dirs.map,none)",
    "path,map_reg(exprs.map,none)",
    "path,map_regm(exprs.map,none)",
    "src,map_ip(nets.map,none)",
    "dst_port,map_int(ports.map,none)",
    "path,map_str_int(counts.map,0)",
    "path,map_beg_int(counts.map)",
    "path,map_str_ip(addresses.map,0.0.0.0)",
];

const REQUESTS: &[(&str, &str)] = &[
    ("www.example.com", "/"),
    ("WWW.example.com", "/a"),
    ("static.example.com", "/b"),
    ("example.org", "/api"),
    ("other", "/api/v1"),
    ("other", "/api/v2/x"),
    ("other", "/img/x.php"),
    ("other", "/Img/x.php"),
    ("other", "/x/administrator"),
    ("other", "/u/17/some/thing"),
    ("other", "/index.html"),
    ("other", "/secret/1"),
    ("other", "/SECRET"),
    ("other", "/hidden"),
    ("other", "/hidden/x"),
    ("new.example", "/new"),
];

/// Commands that change what the requests above get.
const COMMANDS: &[&str] = &[
    "add acl deny.lst /new",
    "del acl deny.lst /secret",
    "del acl deny.lst /secret",
    "add map hosts.map new.example fresh",
    "set map hosts.map www.example.com changed",
    "set map hosts.map gone x",
    "del map paths.map /api/v2",
    "add map nets.map nonsense x",
    "add map ports.map x y",
    "add map counts.map /b x",
    "add map exprs.map ^/new$ fresh",
    "get map hosts.map new.example",
    "get map nets.map 127.0.0.1",
    "get acl deny.lst /newer",
    "clear map parts.map",
    "get map parts.map admin",
    "add map parts.map admin b",
    "add map @1 hosts.map other early",
    "commit map @1 hosts.map",
    "prepare map hosts.map",
    "prepare map hosts.map",
    "add map @1 hosts.map other first",
    "add map @2 hosts.map other second",
    "add map @3 hosts.map other third",
    "show map @1 hosts.map",
    "show map @3 hosts.map",
    "clear map @1 hosts.map",
    "show map @1 hosts.map",
    "add map @1 hosts.map www.example.com prepared",
    "get map hosts.map www.example.com",
    "del map @1 hosts.map www.example.com",
    "commit map hosts.map",
    "commit map @1",
    "commit map @3 hosts.map",
    "commit map @1 hosts.map",
    "commit map @1 hosts.map",
    "get map hosts.map www.example.com",
    "show map @0 hosts.map",
    "show map @2 hosts.map",
    "prepare acl deny.lst",
    "add acl @1 deny.lst /new",
    "add acl @2 deny.lst /new",
    "get acl deny.lst /hidden/x",
    "commit acl @1 deny.lst",
    "get acl deny.lst /hidden/x",
    "prepare acl nope",
];

/// One of the two, with files of its own.
struct Side {
    folder: TempDir,
    entry: SocketAddr,
}

impl Side {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in FILES {
            fs::write(folder.path().join(name), text).unwrap();
        }
        Self { folder, entry: free_address() }
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("s")
    }

    /// Text with the names of files where they are.
    fn named(&self, text: &str) -> String {
        let at = |path: &Path, name: &str| path.join(name).display().to_string();
        let named =
            |text: String, (name, _): &(&str, &str)| text.replace(name, &at(self.folder.path(), name));
        FILES.iter().fold(text.to_owned(), named)
    }

    fn configuration(&self) -> String {
        let looks: Vec<String> = LOOKS.iter().map(|look| format!("%[{}]", self.named(look))).collect();
        format!(
            "global\n    stats socket {} mode 600 level admin\n{HTTP_DEFAULTS}frontend main\n    bind {}\n    \
             http-request deny if {{ path_beg -f {} }}\n    http-request deny deny_status 429 if {{ path_beg -i -f {} }}\n    \
             http-request return status 200 content-type text/plain lf-string \"{}\"\n",
            self.socket().display(),
            self.entry,
            self.named("deny.lst"),
            self.named("deny.lst"),
            looks.join(" | ")
        )
    }

    /// Statuses, and what was found in the maps.
    async fn seen(&self) -> Vec<String> {
        let mut seen = Vec::new();
        for (host, path) in REQUESTS {
            let mut connection = Connection::open(self.entry).await.unwrap();
            let answer = connection.get(host, path).await.unwrap();
            let found = if answer.status() == 200 { answer.text() } else { String::new() };
            seen.push(format!("{host}{path}: {} {found}", answer.status()));
        }
        seen
    }

    /// The answer, without the folder and without what is a pointer there and a number here.
    async fn asked(&self, command: &str) -> String {
        let answer = ask(&self.socket(), format!("{}\n", self.named(command))).await;
        let answer = answer.replace(&format!("{}/", self.folder.path().display()), "");
        let line = |line: &str| match line.split_once(' ') {
            Some((first, rest)) if first.starts_with("0x") => format!("0x {rest}"),
            _ => line.to_owned(),
        };
        answer.lines().map(line).collect::<Vec<_>>().join("\n")
    }
}

async fn both() -> (Side, Side, Sluicegate, Haproxy) {
    let (ours, theirs) = (Side::new(), Side::new());
    let mut sluicegate = Sluicegate::run(&ours.configuration()).await;
    sluicegate.process().wait_for("the console listens on").await;
    let haproxy = Haproxy::run(&theirs.configuration()).await;
    (ours, theirs, sluicegate, haproxy)
}

#[tokio::test]
async fn lists_and_maps_find_what_haproxys_find_before_and_after_changes() {
    let (ours, theirs, _sluicegate, _haproxy) = both().await;
    assert_eq!(ours.seen().await, theirs.seen().await);
    for command in COMMANDS {
        assert_eq!(ours.asked(command).await, theirs.asked(command).await, "{command}");
    }
    for (name, _) in FILES {
        let command =
            if name.ends_with(".map") { format!("show map {name}") } else { format!("show acl {name}") };
        assert_eq!(ours.asked(&command).await, theirs.asked(&command).await, "{command}");
    }
    let seen = ours.seen().await;
    assert_eq!(seen, theirs.seen().await);
    assert!(seen.iter().any(|line| line.starts_with("new.example/new: 403")), "{seen:#?}");
    assert!(seen.iter().any(|line| line.starts_with("other/secret/1: 200")), "{seen:#?}");
}

#[tokio::test]
async fn changes_last_until_the_file_says_something_else() {
    let ours = Side::new();
    let mut sluicegate = Sluicegate::run(&ours.configuration()).await;
    sluicegate.process().wait_for("the console listens on").await;
    let status = async |path: &str| {
        let mut connection = Connection::open(ours.entry).await.unwrap();
        connection.get("other", path).await.unwrap().status()
    };
    assert_eq!(ours.asked("add acl deny.lst /new").await, "");
    assert_eq!(status("/new").await, 403);
    let status_of = sluicegate.status();
    assert!(status_of.to_string().contains("entries"), "{status_of:#}");

    // Another line of the configuration changes nothing about the list.
    let configuration = ours.configuration().replace("deny_status 429", "deny_status 400");
    sluicegate.committed().await;
    sluicegate.edit(&configuration);
    sluicegate.committed().await;
    assert_eq!((status("/new").await, status("/SECRET").await), (403, 400));

    fs::write(ours.folder.path().join("deny.lst"), "/other\n").unwrap();
    sluicegate.committed().await;
    sluicegate.status_where("no override", |status| !status.to_string().contains("entries")).await;
    assert_eq!((status("/new").await, status("/other").await, status("/secret").await), (200, 403, 200));
}
