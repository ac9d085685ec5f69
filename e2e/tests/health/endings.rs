//! HAProxy: on-marked-down, on-marked-up.

use sluicegate_e2e::{Connection, HTTP_DEFAULTS, Origin, Syslog, console, free_address};

use super::{Program, becomes};

#[tokio::test]
async fn sessions_end_with_their_server_where_that_is_asked() {
    for which in Program::BOTH {
        let (keeps, ends, spare) =
            (Origin::start("keeps").await, Origin::start("ends").await, Origin::start("spare").await);
        let mut log = Syslog::udp().await;
        let (entry, other, (_folder, socket, line)) = (free_address(), free_address(), console::socket());
        let _program = Program::run(
            which,
            &format!(
                "global\n    {line}\n    max-spread-checks 1\n{HTTP_DEFAULTS}\
                 frontend main\n    bind {entry}\n    log {} local0\n    option httplog\n    default_backend app\n\
                 frontend side\n    bind {other}\n    default_backend calm\n\
                 backend app\n    server ends {} check inter 60s on-marked-down shutdown-sessions \
                 on-marked-up shutdown-backup-sessions\n    server spare {} backup\n\
                 backend calm\n    server keeps {} check inter 60s\n",
                log.address(),
                ends.address(),
                spare.address(),
                keeps.address(),
            ),
        )
        .await;
        becomes(&socket, "app/ends", "check_status", "L4OK").await;
        let open = |address| async move {
            let mut open = Connection::open(address).await.unwrap();
            open.upgrade("app").await.unwrap();
            open.echo(b"hello").await.unwrap();
            open
        };
        let (mut ending, mut staying) = (open(entry).await, open(other).await);
        console::ask(&socket, "set server app/ends health down\n").await;
        console::ask(&socket, "set server calm/keeps health down\n").await;
        ending.closed().await.unwrap();
        log.wait_for(" D").await;
        becomes(&socket, "calm/keeps", "status", "DOWN").await;
        staying.echo(b"still here").await.unwrap();
        let mut backup = open(entry).await;
        assert_eq!(spare.requests(), 1, "{which}");
        console::ask(&socket, "set server app/ends health up\n").await;
        backup.closed().await.unwrap();
        log.wait_for(" U").await;
        staying.echo(b"still here").await.unwrap();
    }
}
