use super::*;

#[test]
fn maps_as_the_manual_says() {
    let table = [
        (Failure::ClientClosed, Phase::Request, 400, "CR"),
        (Failure::ClientClosed, Phase::Headers, 400, "CH"),
        (Failure::ClientClosed, Phase::Data, 400, "CD"),
        (Failure::ClientTimeout, Phase::Request, 408, "cR"),
        (Failure::BadRequest(414), Phase::Request, 414, "PR"),
        (Failure::Denied(403), Phase::Request, 403, "PR"),
        (Failure::QueueTimeout, Phase::Queue, 503, "sQ"),
        (Failure::QueueFull, Phase::Queue, 503, "SQ"),
        (Failure::NoEndpoint, Phase::Request, 503, "SC"),
        (Failure::ConnectRefused, Phase::Connect, 503, "SC"),
        (Failure::ConnectTimeout, Phase::Connect, 503, "sC"),
        (Failure::Exhausted, Phase::Connect, 503, "RC"),
        (Failure::ServerClosed, Phase::Headers, 502, "SH"),
        (Failure::ServerTimeout, Phase::Headers, 504, "sH"),
        (Failure::ServerTimeout, Phase::Data, 504, "sD"),
        (Failure::BadResponse, Phase::Headers, 502, "PH"),
        (Failure::Killed, Phase::Data, 503, "KD"),
    ];
    for (failure, phase, status, letters) in table {
        let outcome = outcome(failure, phase);
        assert_eq!(outcome.status, Some(status), "{failure:?} in {phase:?}");
        assert_eq!(outcome.termination.to_string(), letters, "{failure:?} in {phase:?}");
    }
}

#[test]
fn who_leaves_while_an_endpoint_is_sought_is_not_answered() {
    for (phase, letters) in [(Phase::Queue, "CQ"), (Phase::Connect, "CC")] {
        let outcome = outcome(Failure::ClientClosed, phase);
        assert_eq!((outcome.status, outcome.termination.to_string()), (None, letters.to_owned()));
    }
}
