use clap::CommandFactory as _;

use super::*;

fn address(arguments: &[&str]) -> Result<String> {
    let command = Command::try_parse_from([&["sluicegate-proxy"], arguments].concat())?;
    command.address().map(|address| address.to_string())
}

#[test]
fn the_command_line_is_consistent() {
    Command::command().debug_assert();
}

#[test]
fn addresses_of_the_control_plane() {
    assert_eq!(address(&["--control", "unix:/run/s.sock"]).unwrap(), "unix:/run/s.sock");
    assert_eq!(address(&["--control", "127.0.0.1:1", "--insecure"]).unwrap(), "http://127.0.0.1:1");
    assert_eq!(address(&["--control", "http://[::1]:1", "--insecure"]).unwrap(), "http://[::1]:1");
    assert_eq!(address(&["--control", "c:1", "--tls", "pki"]).unwrap(), "https://c:1");
    let files = ["--ca", "a", "--cert", "b", "--key", "c"];
    assert_eq!(address(&[&["--control", "https://c:1"], &files[..]].concat()).unwrap(), "https://c:1");
}

#[test]
fn plain_tcp_is_asked_for_and_tls_needs_certificates() {
    for (arguments, hint) in [
        (&["--control", "http://c:1"][..], "--insecure"),
        (&["--control", "c:1"], "--tls"),
        (&["--control", "https://c:1", "--insecure"], "--tls"),
        (&["--control", "nowhere", "--insecure"], "--control"),
        (&["--control", "c:1", "--insecure", "--tls", "pki"], "--tls"),
        (&["--control", "c:1", "--ca", "a"], "--cert"),
        (&[], "--control"),
    ] {
        let error = format!("{:#}", address(arguments).unwrap_err());
        assert!(error.contains(hint), "{arguments:?}: {error}");
    }
}

#[test]
fn names_are_checked_before_the_start() {
    for wrong in [["--scope", "a/b"], ["--id", ""], ["--id", "a\nb"]] {
        let arguments = [&["sluicegate-proxy", "--control", "unix:/s"], &wrong[..]].concat();
        let error = Command::try_parse_from(arguments).unwrap().settings().err().unwrap();
        assert!(error.to_string().contains(wrong[0]), "{error}");
    }
}

#[test]
fn a_healthcheck_needs_no_control_plane() {
    for arguments in [["healthcheck", "--health", "/s"], ["--health", "/s", "healthcheck"]] {
        let command = Command::try_parse_from([&["sluicegate-proxy"], &arguments[..]].concat()).unwrap();
        assert!(matches!(command.action, Some(Action::Healthcheck)), "{arguments:?}");
        assert_eq!(command.health, Some(PathBuf::from("/s")), "{arguments:?}");
    }
}
