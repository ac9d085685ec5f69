use super::*;

fn parsed(line: &str) -> Arguments {
    parse(line.split_whitespace().map(str::to_owned)).unwrap()
}

fn refused(line: &str) -> String {
    parse(line.split_whitespace().map(str::to_owned)).unwrap_err().to_string()
}

#[test]
fn the_image_command() {
    let parsed = parsed("-f /usr/local/etc/haproxy/haproxy.cfg");
    assert_eq!(parsed.files, [PathBuf::from("/usr/local/etc/haproxy/haproxy.cfg")]);
    assert_eq!(parsed.action, Action::Serve);
}

#[test]
fn the_init_script_with_old_pids_between_options() {
    let parsed = parsed("-f a.cfg -D -p /run/h.pid -sf 12 13 -f b.cfg -- c.cfg -d.cfg");
    let files: Vec<_> = parsed.files.iter().map(|file| file.to_str().unwrap()).collect();
    assert_eq!(files, ["a.cfg", "b.cfg", "c.cfg", "-d.cfg"]);
    assert!(parsed.daemon);
    assert_eq!(parsed.relieve, Some(Relieve { pids: vec![12, 13], at_once: false }));
}

#[test]
fn no_old_pid_is_no_mistake() {
    assert_eq!(parsed("-st -f a").relieve, Some(Relieve { pids: vec![], at_once: true }));
    let quoted = parse(["-sf".to_owned(), "12 13".to_owned()]).unwrap();
    assert_eq!(quoted.relieve.unwrap().pids, [12, 13]);
}

#[test]
fn the_foreground_wins_over_the_daemon() {
    for line in ["-D -db", "-d -D", "-db -D"] {
        assert!(!parsed(line).daemon, "{line}");
    }
}

#[test]
fn every_documented_option_is_read() {
    let line = "-C / -D -d -dD -dG -dM -dM50 -dS -dV -dW -db -de -dk -dp -dr -q -V -W -Ws -c -L me -N 10 -n 20 -m 64 \
                -p f -x s -S s -sf -st 1";
    let parsed = parsed(line);
    assert_eq!(parsed.action, Action::Check);
    assert_eq!((parsed.frontend_max_connections, parsed.max_connections), (Some(10), Some(20)));
    assert_eq!((parsed.volume, parsed.notify, parsed.zero_warning), (Volume::Verbose, true, true));
    assert_eq!(parsed.peer_name.as_deref(), Some("me"));
}

#[test]
fn mistakes_name_the_option() {
    assert_eq!(refused("-f"), "option '-f' needs a file or a folder");
    assert_eq!(refused("-n many"), "option '-n': 'many' is not a number");
    assert_eq!(refused("-sf 12 x"), "option '-sf': 'x' is not a process id");
    assert_eq!(refused("-sf 0"), "option '-sf': '0' is not a process id");
    assert_eq!(refused("--frobnicate"), "unknown option '--frobnicate'; run with -h for the list");
}

#[test]
fn nothing_asks_for_the_usage() {
    assert_eq!(parsed("").action, Action::Usage);
    assert_eq!(parsed("-vv").action, Action::BuildInfo);
    assert_eq!(
        parse(["-cc".into(), "version_atleast(2.4)".into()]).unwrap().action,
        Action::Evaluate("version_atleast(2.4)".into())
    );
}
