use super::*;

#[tokio::test]
async fn a_unix_socket_is_private_and_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("control.sock");
    let listening = Listening::unix(&path, 0o600).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(matches!(Listening::unix(&path, 0o600), Err(BindError::InUse(_))));
    drop(listening);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn what_an_ended_process_left_is_replaced_and_what_is_no_socket_stays() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("control.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let first = Listening::unix(&path, 0o660).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
    // A successor took the name over: it stays when the first one ends.
    fs::remove_file(&path).unwrap();
    let second = Listening::unix(&path, 0o600).unwrap();
    drop(first);
    assert!(path.exists());
    drop(second);
    fs::write(&path, "mine").unwrap();
    assert!(matches!(Listening::unix(&path, 0o600), Err(BindError::NoSocket(_))));
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
}

#[tokio::test]
async fn a_port_in_use_is_told() {
    let first = Listening::tcp(([127, 0, 0, 1], 0).into(), Security::Insecure).await.unwrap();
    let Some(&ListenAddress::Tcp(address)) = first.local_address() else { panic!("no TCP") };
    let error = Listening::tcp(address, Security::Insecure).await.err().unwrap();
    assert!(error.to_string().starts_with(&format!("cannot listen on {address}: ")), "{error}");
}
