use proptest::prelude::*;

use super::*;

/// What a connection of this level is told, each command answered by its text in braces; and whether it is closed.
fn talk(level: Level, input: &[u8]) -> (String, bool) {
    let mut session = Session::new(level, None);
    session.receive(input);
    drive(&mut session)
}

fn drive(session: &mut Session) -> (String, bool) {
    let mut out = Vec::new();
    loop {
        match session.advance() {
            Step::Read => return (String::from_utf8(out).unwrap(), false),
            Step::Say(bytes) => out.extend(bytes),
            Step::Do(command) => out.extend(session.answer(&Answer::of(format!("{:?}\n", command.0)))),
            Step::Close { .. } => return (String::from_utf8(out).unwrap(), true),
        }
    }
}

fn admin(input: &str) -> (String, bool) {
    talk(Level::Admin, input.as_bytes())
}

#[test]
fn a_line_is_answered_and_the_connection_closed() {
    assert_eq!(admin("show version\n"), ("ShowVersion\n\n".into(), true));
    assert_eq!(admin("show version\r\n"), ("ShowVersion\n\n".into(), true));
    assert_eq!(admin("show version"), (String::new(), false));
    assert_eq!(admin("quit\n"), (String::new(), true));
    // What came with it is answered too.
    assert_eq!(
        admin("show version;show backend\nshow cli level\n").0,
        "ShowVersion\n\nShowBackend\n\nadmin\n\n"
    );
}

#[test]
fn a_prompt_keeps_it_open_until_the_next() {
    let (said, closed) = admin("prompt\nshow version\nshow cli level\n");
    assert_eq!((said.as_str(), closed), ("\n> ShowVersion\n\n> admin\n\n> ", false));
    let (said, closed) = admin("prompt;prompt\nshow version\n");
    assert_eq!((said.as_str(), closed), ("\n> \nShowVersion\n\n", true));
}

#[test]
fn what_is_escaped_parts_nothing() {
    assert_eq!(admin("echo a\\;b\\ c\n").0, "Echo(\"a;b c\")\n\n");
    let mut session = Session::new(Level::Admin, None);
    for part in ["echo a\\", ";b", "\n"] {
        session.receive(part.as_bytes());
        let (said, _) = drive(&mut session);
        assert_eq!(said, if part == "\n" { "Echo(\"a;b\")\n\n" } else { "" });
    }
}

#[test]
fn lines_follow_a_command_that_announces_them() {
    let expected = "payload: Some(\"k1 v;1\\nk2 v2\\n\")";
    assert!(admin("add map m <<\nk1 v;1\nk2 v2\n\n").0.contains(expected));
    assert!(admin("add map m <<END\nk1 v;1\nk2 v2\nEND\n").0.contains(expected));
    let (said, _) = admin("prompt\nadd map m <<\nk1 v1\n\nshow version\n");
    assert!(said.starts_with("\n> + + Patterns") && said.ends_with("\n> ShowVersion\n\n> "), "{said}");
    assert_eq!(admin("echo <<\nnever ended\n"), (String::new(), false));
}

#[test]
fn levels_refuse_in_haproxys_words() {
    let user = |input: &str| talk(Level::User, input.as_bytes()).0;
    assert_eq!(user("set weight a/b 1\n"), "Permission denied\n\n");
    assert_eq!(user("show env\n"), "Permission denied\n\n");
    assert_eq!(user("operator\n"), "Permission denied\n\n");
    assert_eq!(user("show cli level\n"), "user\n\n");
    assert_eq!(talk(Level::Operator, b"clear counters\n").0, "ClearCounters { all: false }\n\n");
    assert_eq!(admin("user;show cli level;set weight a/b 1\n").0, "\nuser\n\nPermission denied\n\n");
    assert!(!user("help\n").contains("set weight"));
}

#[test]
fn silence_can_be_asked_for() {
    let mut session = Session::new(Level::User, None);
    assert_eq!(session.idle_limit(), IDLE_LIMIT);
    session.receive(
        b"prompt;set timeout cli 1h;set timeout cli 0;set timeout cli x;set timeout cli;set timeout\n",
    );
    let (said, _) = drive(&mut session);
    assert_eq!(session.idle_limit(), Duration::from_secs(3_600));
    let refusals = [
        "Invalid timeout value.",
        "Invalid timeout value.",
        "Expects an integer value.",
        "'set timeout' only supports 'cli'.",
    ];
    assert_eq!(said, format!("\n> \n> {}\n\n> ", refusals.join("\n\n> ")));
}

#[test]
fn messages_say_how_grave_they_are_where_that_is_asked() {
    let said = admin("set severity-output number;set timeout x;show cli level\n").0;
    assert_eq!(said, "\n[3]: 'set timeout' only supports 'cli'.\n\n[6]: admin\n\n");
    let said = admin("set severity-output string;set severity-output x\n").0;
    assert_eq!(said, "\n[err]: one of 'none', 'number', 'string' is a required argument\n\n");
}

#[test]
fn what_is_not_here_says_so_in_a_line() {
    assert_eq!(admin("show pools\n").0, "'show pools' is not here: it is about the inside of HAProxy.\n\n");
    assert!(admin("nonsense\n").0.starts_with("Unknown command. Please enter one of"));
    assert!(admin("\n").0.contains("  show info [desc|json|typed|float]*      : "));
}

#[test]
fn a_long_command_is_refused_and_holds_nothing() {
    let limit = "x".repeat(MAX_COMMAND_BYTES);
    assert!(admin(&format!("{limit}\n")).0.starts_with("Unknown command"));
    let refusal = "The command is longer than 16384 bytes.\n\n";
    for long in [format!("{limit}x\n"), format!("{limit}x"), format!("add map m <<\n{}\n", limit)] {
        assert_eq!(admin(&long), (refusal.to_owned(), true));
    }
    let lines = "k v\n".repeat(MAX_COMMAND_BYTES / 4 + 1);
    assert_eq!(admin(&format!("add map m <<\n{lines}")), (refusal.to_owned(), true));
    let mut session = Session::new(Level::Admin, None);
    session.receive(limit.as_bytes());
    session.receive(b"xx");
    assert!(matches!(session.advance(), Step::Say(_)));
    assert_eq!(session.advance(), Step::Close { unread: true });
}

#[test]
fn many_lines_of_a_payload_cost_no_stack() {
    let lines = "\u{1}\n".repeat(MAX_COMMAND_BYTES / 2 - 1);
    assert!(admin(&format!("echo <<\n{lines}\n")).0.starts_with("Echo"));
}

proptest! {
    #[test]
    fn any_bytes_are_answered_alike_however_they_come(
        bytes in prop::collection::vec(prop_oneof![
            Just(b'\n'), Just(b';'), Just(b'\\'), Just(b' '), Just(b'<'), Just(b's'), any::<u8>()
        ], 0..200),
        cut in 0usize..200,
    ) {
        let mut whole = b"prompt\n".to_vec();
        whole.extend(&bytes);
        let together = talk(Level::Admin, &whole).0;
        let mut session = Session::new(Level::Admin, None);
        let (first, second) = whole.split_at(cut.min(whole.len()));
        session.receive(first);
        let mut parts = drive(&mut session).0;
        session.receive(second);
        if session.closing.is_none() {
            parts += &drive(&mut session).0;
        }
        // A `prompt` in the bytes may have closed the connection at the cut.
        prop_assert!(parts == together || together.starts_with(&parts));
    }
}
