//! Errors that the proxy answers itself.

use sluicegate_e2e::{Connection, Sluicegate, Syslog, free_address};
use tonic::Code;

use super::service::Server;
use super::{Client, before};

/// What the log tells of a call.
const FORMAT: &str = "log-format \"%HV %HP %ST %ts\"";

/// The log has what happened in the words of HTTP; HAProxy answers such calls with its page.
#[tokio::test]
async fn errors_are_told_in_the_words_of_grpc() {
    let (server, entry, mut log) = (Server::start("a").await, free_address(), Syslog::udp().await);
    let rules = format!(
        "    log {} local0\n    {FORMAT}\n    \
         http-request deny if {{ path_end /Denied }}\n    \
         http-request deny deny_status 429 hdr x-limit 7 if {{ path_end /Limited }}\n    \
         http-request deny deny_status 404 if {{ path_end /Absent }}\n    \
         http-request return status 503 content-type text/plain string sorry if {{ path_end /Said }}\n    \
         use_backend nobody if {{ path_end /Join }}\n",
        log.address()
    );
    let nobody = "    timeout server 100ms\n    retries 0\n";
    let text = before(&entry.to_string(), &[&server], nobody)
        .replace("    default_backend all\n", &format!("{rules}    default_backend all\n"));
    let text = format!("{text}backend nobody\n    server s {} disabled\n", free_address());
    let _sluicegate = Sluicegate::run(&text).await;
    let mut client = Client::open(entry).await;
    for (method, code, message, logged) in [
        ("Denied", Code::PermissionDenied, "403 Forbidden: ", "403 PR"),
        ("Limited", Code::Unavailable, "429 Too Many Requests: ", "429 PR"),
        ("Absent", Code::Unimplemented, "404 Not Found: ", "404 PR"),
        ("Join", Code::Unavailable, "503 Service Unavailable: ", "503 SC"),
        ("Hang", Code::Unavailable, "504 Gateway Timeout: ", "504 sH"),
        // What a rule says in words of its own is not touched.
        ("Said", Code::Internal, "with status: 503", "503 LR"),
    ] {
        let status = client.unary(method, "").await.unwrap_err();
        assert_eq!(status.code(), code, "{method}: {status}");
        assert!(status.message().contains(message), "{method}: {status}");
        assert_eq!(status.metadata().contains_key("x-limit"), method == "Limited", "{status:?}");
        let line = log.line().await;
        assert!(line.ends_with(&format!("HTTP/2.0 /test.Talker/{method} {logged}")), "{line}");
    }
}

/// Who speaks HTTP/1 cannot be a client of gRPC, whatever it says.
#[tokio::test]
async fn others_get_the_page() {
    let entry = free_address();
    let nobody = format!("    retries 0\n    server s {} proto h2\n", free_address());
    let _sluicegate = Sluicegate::run(&before(&entry.to_string(), &[], &nobody)).await;
    let mut plain = Connection::open(entry).await.unwrap();
    let request = format!(
        "POST /x HTTP/1.1\r\nHost: {entry}\r\nContent-Type: application/grpc\r\nContent-Length: 0\r\n\r\n"
    );
    let answer = plain.request(request).await.unwrap();
    assert_eq!((answer.status(), answer.header("content-type")), (503, Some("text/html")));
}
