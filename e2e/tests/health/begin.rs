//! HAProxy: init-state, which Debian's does not know yet.

use sluicegate_e2e::{HTTP_DEFAULTS, Origin, console, fetch, free_address};

use super::{Program, becomes};

#[tokio::test]
async fn servers_begin_as_they_are_told() {
    let (one, two) = (Origin::start("one").await, Origin::start("two").await);
    let (entry, (_folder, socket, line)) = (free_address(), console::socket());
    let _program = Program::run(
        "ours",
        &format!(
            "global\n    {line}\n    max-spread-checks 1\n{HTTP_DEFAULTS}frontend main\n    bind {entry}\n    default_backend app\n\
             backend app\n    server late {} check inter 60s fastinter 60s rise 2 init-state fully-down\n    \
             server soon {} check inter 50ms rise 2 init-state down\n",
            one.address(),
            two.address(),
        ),
    )
    .await;
    becomes(&socket, "app/late", "status", "DOWN").await;
    becomes(&socket, "app/soon", "status", "UP").await;
    assert_eq!(fetch(entry, "/").await.unwrap().text(), "two");
    assert_eq!(one.requests(), 0);
}
