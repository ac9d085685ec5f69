use super::*;

#[tokio::test]
async fn what_listens_is_not_taken_away_by_nothing() {
    let (loads, mut sent) = mpsc::channel(8);
    let (nothing, something) = (Loaded::default(), Loaded { listens: true, ..Loaded::default() });
    let mut listened = false;
    for loaded in [&nothing, &something, &nothing, &something] {
        assert!(send(loaded.clone(), &mut listened, &loads).await);
    }
    drop(loads);
    let mut taken = Vec::new();
    while let Some(load) = sent.recv().await {
        assert_eq!(load.fragments.is_none(), load.diagnostics == [NOTHING_LISTENS]);
        taken.push(load.fragments.is_some());
    }
    assert_eq!(taken, [true, true, false, true]);
}
