//! The same commands to ours and to Debian's HAProxy 2.6: equal answers, where both have something to answer with.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::PathBuf;
use std::time::Duration;

use sluicegate_e2e::console::{ask, socket};
use sluicegate_e2e::{HTTP_DEFAULTS, Haproxy, Origin, PATIENCE, Sluicegate, free_address};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

/// Commands whose answers are equal to the byte.
const EQUAL: &[&str] = &[
    "show backend",
    "show servers state nope",
    "show servers conn nope",
    "show table",
    "show table nope",
    "show cli level",
    "show env NO_SUCH_VARIABLE",
    "show errors nope",
    "show map nope",
    "show acl nope",
    "get weight app/one",
    "get weight",
    "get weight app",
    "get weight app/nope",
    "get weight nope/nope",
    "get weight #3/#1",
    "set weight app/one",
    "set weight app/one x",
    "set weight app/one 5x",
    "set weight app/one 300",
    "set weight app/one -5%",
    "set weight app/one 50%",
    "get weight app/one",
    "set weight app/one 100%",
    "set server",
    "set server app/one",
    "set server app/one nope",
    "set server app/one state",
    "set server app/one state nope",
    "set server app/one health",
    "set server app/one addr",
    "set server app/one addr nope",
    "set server app/one addr 127.0.0.1",
    "set server app/one addr 127.0.0.1 port x",
    "set server app/one check-port x",
    "set server app/one check-port 99999",
    "set server app/one check-port",
    "set server app/off check-port 33",
    "set server app/one check-addr",
    "set server app/one check-addr nope",
    "set server app/off check-addr 127.0.0.1",
    "set server app/one agent up",
    "set server app/one agent-addr 127.0.0.1",
    "set server app/one agent-port 33",
    "set server app/one fqdn",
    "set server app/one fqdn nope",
    "set server app/one ssl on",
    "enable health app/off",
    "disable health app/off",
    "enable agent app/one",
    "disable agent app/one",
    "enable server app/nope",
    "disable server",
    "enable frontend main",
    "enable frontend",
    "disable frontend nope",
    "disable frontend main",
    "disable frontend main",
    "enable frontend main",
    "set maxconn frontend",
    "set maxconn frontend main",
    "set maxconn frontend nope 5",
    "set maxconn frontend main -1",
    "set maxconn frontend main 40",
    "set maxconn server app/one",
    "set maxconn server app/one x",
    "set maxconn server app/one 5x",
    "set maxconn server app/one 7",
    "set maxconn global",
    "set maxconn global 99999999",
    "shutdown session",
    "shutdown session nope",
    "shutdown session 0",
    "shutdown session 0x1234",
    "shutdown session 0xzz",
    "show sess 0x1234",
    "clear counters",
    "clear counters all",
    "shutdown sessions server",
    "shutdown sessions server app",
    "shutdown sessions server app/one",
    "shutdown sessions server app/nope",
    "shutdown frontend nope",
    "add acl",
    "add map",
    "clear map",
    "clear acl nope",
    "del map nope key",
    "set map nope key value",
    "get map nope key",
    "set timeout",
    "set timeout cli",
    "set timeout cli x",
    "set timeout cli 10",
    "set severity-output",
    "set severity-output number;get weight app/nope;show cli level;set weight app/one x",
    "expert-mode",
    "experimental-mode",
    "user;show cli level;set weight app/one 1;show env",
    "operator;show cli level;disable server app/one;clear counters all",
    "prompt;show cli level;set weight app/nope 1;quit",
    "show cli level\nshow backend",
    "show cli level;show backend;;",
    "quit",
    "set server app/one state drain",
    "set server app/one state ready",
    "disable server app/two",
    "enable server app/two",
    "set server app/off health up",
];

struct Both {
    ours: PathBuf,
    theirs: PathBuf,
    _sluicegate: Sluicegate,
    _haproxy: Haproxy,
    _folders: [TempDir; 2],
}

impl Both {
    async fn start(servers: &str) -> Self {
        let ((ours, our_path, our_line), (theirs, their_path, their_line)) = (socket(), socket());
        let text = |line: &str| {
            format!(
                "global\n    {line}\n    maxconn 200\n{HTTP_DEFAULTS}frontend main\n    bind {}\n    maxconn 50\n    \
                 default_backend app\nbackend app\n{servers}",
                free_address()
            )
        };
        let mut sluicegate = Sluicegate::run(&text(&our_line)).await;
        sluicegate.process().wait_for("the console listens on").await;
        Self {
            _sluicegate: sluicegate,
            _haproxy: Haproxy::run(&text(&their_line)).await,
            ours: our_path,
            theirs: their_path,
            _folders: [ours, theirs],
        }
    }

    async fn ask(&self, command: &str) -> (String, String) {
        let line = format!("{command}\n");
        (ask(&self.ours, &line).await, ask(&self.theirs, &line).await)
    }

    /// Waits until both say the same to a command: names are resolved and checks made in their own time.
    async fn alike<T: PartialEq + Debug>(&self, command: &str, look: impl Fn(&str) -> T) {
        let mut seen = None;
        let equal = async {
            loop {
                let (ours, theirs) = self.ask(command).await;
                let (ours, theirs) = (look(&ours), look(&theirs));
                if ours == theirs {
                    return;
                }
                seen = Some((ours, theirs));
                sleep(Duration::from_millis(50)).await;
            }
        };
        if timeout(PATIENCE, equal).await.is_err() {
            panic!("{command}: ours and HAProxy's are {seen:#?}");
        }
    }
}

fn servers(one: &Origin, two: &Origin) -> String {
    format!(
        "    server one {} check inter 200ms weight 10\n    server two {} weight 20 maxconn 5\n    \
         server off 127.0.0.1:1 disabled\n    server named localhost:{}\n    \
         server rest 127.0.0.1:1 check disabled\n",
        one.address(),
        two.address(),
        one.address().port()
    )
}

#[tokio::test]
async fn answers_are_haproxys() {
    let (one, two) = (Origin::start("one").await, Origin::start("two").await);
    let both = Both::start(&servers(&one, &two)).await;
    let mut differ = Vec::new();
    for command in EQUAL {
        let (ours, theirs) = both.ask(command).await;
        // An empty command is unknown to both; what each then lists is its own.
        let (ours, theirs) = (without_help(&ours), without_help(&theirs));
        if ours != theirs {
            differ.push(format!("{command}\n  ours:   {ours:?}\n  theirs: {theirs:?}"));
        }
    }
    assert!(differ.is_empty(), "{} of {} differ:\n{}", differ.len(), EQUAL.len(), differ.join("\n"));
}

fn without_help(said: &str) -> String {
    said.split_inclusive('\n').filter(|line| !line.starts_with("  ")).collect()
}

#[tokio::test]
async fn states_of_servers_have_haproxys_fields_and_numbers() {
    let (one, two) = (Origin::start("one").await, Origin::start("two").await);
    let both = Both::start(&servers(&one, &two)).await;
    both.alike("show servers state", untimed).await;
    both.ask("set server app/one state maint").await;
    both.ask("set server app/two state drain").await;
    both.ask("set weight app/two 50%").await;
    let (ours, theirs) = both.ask("show servers state app").await;
    // srv_addr to srv_iweight: what was set.
    assert_eq!(columns(&ours, 0..9), columns(&theirs, 0..9));
}

/// Without the seconds since a server changed.
fn untimed(said: &str) -> String {
    let line = |line: &str| {
        let mut words: Vec<&str> = line.split(' ').collect();
        if words.len() > 20 && !line.starts_with('#') {
            words[9] = "T";
        }
        words.join(" ")
    };
    said.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn columns(said: &str, columns: std::ops::Range<usize>) -> Vec<Vec<String>> {
    let lines = said.lines().filter(|line| line.split(' ').count() > 20 && !line.starts_with('#'));
    lines
        .map(|line| line.split(' ').map(str::to_owned).collect::<Vec<_>>()[columns.clone()].to_vec())
        .collect()
}

#[tokio::test]
async fn facts_and_counters_have_haproxys_names_in_its_order() {
    let (one, two) = (Origin::start("one").await, Origin::start("two").await);
    let both = Both::start(&servers(&one, &two)).await;
    let (ours, theirs) = both.ask("show info").await;
    assert_names_in_order(&ours, &theirs, ":");
    let reasons = include_str!("../../../docs/statistics.md");
    let names = |said: &str| -> BTreeSet<String> {
        said.lines().filter_map(|line| Some(line.split_once(':')?.0.to_owned())).collect()
    };
    let missing: Vec<_> = names(&theirs)
        .difference(&names(&ours))
        .filter(|name| !reasons.contains(&format!("`{name}`")))
        .cloned()
        .collect();
    assert!(missing.is_empty(), "neither told nor explained: {missing:?}");
    let (ours, theirs) = both.ask("show info typed").await;
    assert_names_in_order(&ours, &theirs, ":");
    let (ours, theirs) = both.ask("show stat").await;
    let header = |said: &str| said.lines().next().unwrap().to_owned();
    assert_eq!(header(&ours), header(&theirs));
    let rows = |said: &str| -> Vec<String> {
        let cells = |line: &str| line.split(',').take(2).collect::<Vec<_>>().join(",");
        said.lines().skip(1).map(cells).collect()
    };
    assert_eq!(rows(&ours), rows(&theirs));
    for command in ["show stat -1 4 -1", "show stat app 7 -1", "show stat -1 1 -1", "show stat no-maint"] {
        both.alike(command, rows).await;
    }
    let (ours, theirs) = both.ask("show servers conn").await;
    let field_names =
        |said: &str| said.lines().next().unwrap().split(" idle_per_thr").next().unwrap().to_owned();
    assert_eq!(field_names(&ours), field_names(&theirs));
}

/// Each name of ours is one of theirs, in their order.
fn assert_names_in_order(ours: &str, theirs: &str, end: &str) {
    let name = |line: &str| line.split(end).next().unwrap().to_owned();
    let mut rest = theirs.lines().map(name);
    for line in ours.lines().map(name).filter(|name| !name.is_empty()) {
        assert!(rest.any(|known| known == line), "`{line}` is not HAProxy's, or stands elsewhere");
    }
}

#[tokio::test]
async fn each_command_of_haproxys_help_is_known() {
    let (one, two) = (Origin::start("one").await, Origin::start("two").await);
    let both = Both::start(&servers(&one, &two)).await;
    let (ours, theirs) = both.ask("expert-mode on; experimental-mode on; help").await;
    // The words that name a command stand before its arguments.
    let names = |said: &str| -> Vec<Vec<String>> {
        let lines = said.lines().filter_map(|line| line.strip_prefix("  ")?.split_once(':'));
        let is_argument = |word: &&str| !word.starts_with(['<', '[', '(', '#', '{', '@']);
        lines
            .map(|(usage, _)| usage.split_whitespace().take_while(is_argument).map(str::to_owned).collect())
            .collect()
    };
    let ours = names(&ours);
    let known = |name: &Vec<String>| ours.iter().any(|known| !known.is_empty() && name.starts_with(known));
    let theirs = names(&theirs);
    assert!(theirs.len() > 80, "{theirs:?}");
    let unknown: Vec<_> = theirs.iter().filter(|name| !known(name)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
