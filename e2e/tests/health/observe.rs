//! HAProxy: observe, error-limit, on-error.

use sluicegate_e2e::{Behaviour, HTTP_DEFAULTS, Origin, console, fetch, free_address};

use super::{Program, becomes, cell};

#[tokio::test]
async fn bad_answers_in_a_row_take_a_server_down() {
    for which in Program::BOTH {
        let (one, two) = (Origin::start("one").await, Origin::start("two").await);
        let (entry, (_folder, socket, line)) = (free_address(), console::socket());
        let mut program = Program::run(
            which,
            &format!(
                "global\n    {line}\n    max-spread-checks 1\n{HTTP_DEFAULTS}frontend main\n    bind {entry}\n    default_backend app\n\
                 backend app\n    default-server check inter 20s rise 1 fall 3 observe layer7 error-limit 3 \
                 on-error mark-down\n    server one {}\n    server two {} backup\n",
                one.address(),
                two.address(),
            ),
        )
        .await;
        becomes(&socket, "app/one", "check_status", "L4OK").await;
        one.behave(Behaviour::Status(500));
        for _ in 0..2 {
            assert_eq!(fetch(entry, "/").await.unwrap().status(), 500, "{which}");
        }
        // A good one in between, and one that is the client's doing, begin the row anew.
        one.behave(Behaviour::Status(404));
        fetch(entry, "/").await.unwrap();
        one.behave(Behaviour::Status(503));
        for _ in 0..2 {
            fetch(entry, "/").await.unwrap();
        }
        assert_eq!(cell(&socket, "app/one", "status").await, "UP", "{which}");
        fetch(entry, "/").await.unwrap();
        becomes(&socket, "app/one", "status", "DOWN").await;
        becomes(&socket, "app/one", "hanafail", "1").await;
        assert_eq!(cell(&socket, "app/one", "check_status").await, "HANA", "{which}");
        let words = "Detected 3 consecutive errors, last one was: Wrong http response";
        assert_eq!(cell(&socket, "app/one", "last_chk").await, words, "{which}");
        assert_eq!(fetch(entry, "/").await.unwrap().text(), "two", "{which}");
        let told = format!("Server app/one is DOWN, reason: Health analyze, info: \"{words}\".");
        program.process().wait_for(&told).await;
    }
}

#[tokio::test]
async fn connections_that_do_not_open_count_before_a_check_sees_it() {
    for which in Program::BOTH {
        let (probed, two) = (Origin::start("probed").await, Origin::start("two").await);
        let one = Origin::absent("one");
        let (entry, (_folder, socket, line)) = (free_address(), console::socket());
        let _program = Program::run(
            which,
            &format!(
                "global\n    {line}\n    max-spread-checks 1\n{HTTP_DEFAULTS}    retries 0\nfrontend main\n    bind {entry}\n    \
                 default_backend app\nbackend app\n    \
                 server one {} check port {} inter 20s fall 2 rise 1 observe layer4 error-limit 2 \
                 on-error sudden-death\n    server two {} backup\n",
                one.address(),
                probed.address().port(),
                two.address(),
            ),
        )
        .await;
        becomes(&socket, "app/one", "check_status", "L4OK").await;
        for run in ["1", "2"] {
            for _ in 0..2 {
                assert_eq!(fetch(entry, "/").await.unwrap().status(), 503, "{which}");
            }
            becomes(&socket, "app/one", "hanafail", run).await;
        }
        becomes(&socket, "app/one", "status", "DOWN").await;
        assert_eq!(fetch(entry, "/").await.unwrap().text(), "two", "{which}");
    }
}
