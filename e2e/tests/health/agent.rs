//! HAProxy: agent-check and what belongs to it.

use sluicegate_e2e::Does::{Closes, Hears, Says};
use sluicegate_e2e::{HTTP_DEFAULTS, Origin, Scripted, console, fetch, free_address};

use super::{Program, becomes, cell};

#[tokio::test]
async fn an_agent_says_how_its_server_is() {
    for which in Program::BOTH {
        let (one, two) = (Origin::start("one").await, Origin::start("two").await);
        let agent = Scripted::start(&[Hears(5), Says(b"up\n"), Closes]).await;
        let (entry, (_folder, socket, line)) = (free_address(), console::socket());
        let mut program = Program::run(
            which,
            &format!(
                "global\n    {line}\n    max-spread-checks 1\n{HTTP_DEFAULTS}frontend main\n    bind {entry}\n    default_backend app\n\
                 backend app\n    server one {} check inter 50ms rise 1 weight 40 agent-check agent-port {} \
                 agent-inter 50ms agent-send \"one?\\n\"\n    server two {} backup\n",
                one.address(),
                agent.address().port(),
                two.address(),
            ),
        )
        .await;
        let says = |words: &'static [u8]| agent.set(&[Hears(5), Says(words), Closes]);
        let row = |column: &'static str| cell(&socket, "app/one", column);
        becomes(&socket, "app/one", "last_agt", "via agent : up").await;
        assert_eq!(agent.heard()[0], b"one?\n");
        assert_eq!([row("agent_status").await, row("agent_desc").await], ["L7OK", "Layer7 check passed"]);
        assert_eq!([row("agent_rise").await, row("agent_fall").await], ["1", "1"], "{which}");
        says(b"down # out for lunch\n");
        becomes(&socket, "app/one", "status", "DOWN (agent)").await;
        assert_eq!(row("last_agt").await, "via agent : down (out for lunch)", "{which}");
        assert_eq!([row("agent_health").await, row("agent_code").await], ["0", "0"], "{which}");
        assert_eq!(fetch(entry, "/").await.unwrap().text(), "two", "{which}");
        let told = "Server app/one is DOWN, reason: Layer7 wrong status, code: 0, \
                    info: \"via agent : down (out for lunch)\"";
        program.process().wait_for(told).await;
        says(b"up,25%\tmaxconn:7\r\n");
        becomes(&socket, "app/one", "status", "UP").await;
        becomes(&socket, "app/one", "weight", "10").await;
        becomes(&socket, "app/one", "slim", "7").await;
        says(b"drain\n");
        becomes(&socket, "app/one", "status", "DRAIN (agent)").await;
        says(b"maint\n");
        becomes(&socket, "app/one", "status", "MAINT").await;
        says(b"ready up 100%\n");
        becomes(&socket, "app/one", "weight", "40").await;
        becomes(&socket, "app/one", "status", "UP").await;
        says(b"nonsense\n");
        becomes(&socket, "app/one", "last_agt", "agent reports an error : nonsense").await;
        assert_eq!(row("agent_status").await, "CHECKED", "{which}");
        assert_eq!(fetch(entry, "/").await.unwrap().text(), "one", "{which}");
    }
}

#[tokio::test]
async fn operators_lead_agents() {
    for which in Program::BOTH {
        let one = Origin::start("one").await;
        let (first, second) =
            (Scripted::start(&[Says(b"up\n")]).await, Scripted::start(&[Says(b"fail\n")]).await);
        let (entry, (_folder, socket, line)) = (free_address(), console::socket());
        let _program = Program::run(
            which,
            &format!(
                "global\n    {line}\n    max-spread-checks 1\n{HTTP_DEFAULTS}frontend main\n    bind {entry}\n    default_backend app\n\
                 backend app\n    server one {} agent-check agent-port {} agent-inter 50ms\n",
                one.address(),
                first.address().port(),
            ),
        )
        .await;
        let ask = |line: String| console::ask(&socket, line + "\n");
        becomes(&socket, "app/one", "last_agt", "via agent : up").await;
        let refused = ask("set server app/one agent sideways".into()).await;
        assert!(
            refused.starts_with("'set server <srv> agent' expects 'up' or 'down'."),
            "{which}: {refused}"
        );
        ask(format!("set server app/one agent-port {}", second.address().port())).await;
        becomes(&socket, "app/one", "status", "DOWN (agent)").await;
        assert_eq!(cell(&socket, "app/one", "last_agt").await, "via agent : fail", "{which}");
        ask(format!("set server app/one agent-addr 127.0.0.1 port {}", first.address().port())).await;
        becomes(&socket, "app/one", "last_agt", "via agent : up").await;
        ask("disable agent app/one".into()).await;
        becomes(&socket, "app/one", "agent_status", "").await;
        let refused = ask("set server app/one agent down".into()).await;
        assert!(refused.starts_with("agent checks are not enabled on this server."), "{which}: {refused}");
        first.set(&[Says(b"stopped\n")]);
        ask("enable agent app/one".into()).await;
        becomes(&socket, "app/one", "last_agt", "via agent : stopped").await;
        assert_eq!(fetch(entry, "/").await.unwrap().status(), 503, "{which}");
    }
}
