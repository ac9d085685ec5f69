use super::*;

#[test]
fn an_endless_answer_is_judged_by_its_beginning() {
    let much = vec![b'x'; 1_000];
    let endless: Vec<Does<'_>> = (0..40).map(|_| Says(&much)).collect();
    assert_eq!(
        words(tcp(vec![expect(string("NEVER"))]), &endless),
        "L7RSP TCPCHK did not match content 'NEVER' at step 1"
    );
    let head = [Says(b"HTTP/1.1 200 OK\r\n\r\n")];
    let endless: Vec<Does<'_>> = head.into_iter().chain(endless).collect();
    assert_eq!(words(http(vec![string("NEVER")]), &endless), "L7RSP/200 HTTP content check did not match");
    let header = [b"a: ", &much[..], b"\r\n"].concat();
    let start = [Says(b"HTTP/1.1 200 OK\r\n")];
    let headers: Vec<Does<'_>> = start.into_iter().chain((0..40).map(|_| Says(&header))).collect();
    assert_eq!(words(http(vec![Expect::new(Pattern::Status(vec![200..=399]))]), &headers), "L7RSP ");
}

#[test]
fn what_is_over_the_limit_is_not_kept() {
    let mut talk = Talk::new(Arc::new(tcp(vec![expect(string("x"))])), Circumstances::default());
    assert!(matches!(talk.want(), Want::Connect { .. }));
    talk.connected();
    talk.received(&vec![b'y'; 10 * MAX_ANSWER_BYTES]);
    assert_eq!(talk.input.len(), MAX_ANSWER_BYTES);
    assert!(matches!(talk.want(), Want::Over(_)));
}

#[test]
fn words_about_a_probe_are_bounded() {
    let long = "y".repeat(1_000);
    let info = match hold(tcp(vec![expect(string(&long))]), Circumstances::default(), &[Says(b"x"), Closes]).0
    {
        End::Over(outcome) => outcome.info,
        End::Late(outcome) => panic!("{outcome:?}"),
    };
    assert_eq!(info.len(), 127);
    let broken = Outcome::new(Status::L7Ok, None, &[0xff; 500]);
    assert!(broken.info.len() <= 127);
    assert_eq!(Outcome::new(Status::L7Ok, None, b"FATAL\0rest").info, "FATAL");
}

#[test]
fn one_byte_at_a_time_comes_to_the_same() {
    let answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nUP\r\n0\r\n\r\n";
    let slow: Vec<Does<'_>> = answer.chunks(1).map(Says).collect();
    assert_eq!(words(http(vec![string("UP")]), &slow), "L7OK/200 ");
    assert_eq!(words(http(vec![string("DOWN")]), &slow), "L7RSP/200 HTTP content check did not match");
}
