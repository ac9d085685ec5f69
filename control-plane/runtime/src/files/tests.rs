use super::*;

/// Which of these readings are taken.
async fn taken(mut guard: Guard, readings: &[Loaded]) -> Vec<bool> {
    let (loads, mut sent) = mpsc::channel(8);
    let to = Receivers { loads, console: value::Sender::default() };
    for loaded in readings {
        assert!(to.send(loaded.clone(), &mut guard).await);
    }
    drop(to);
    let mut taken = Vec::new();
    while let Some(load) = sent.recv().await {
        assert_eq!(load.fragments.is_none(), load.diagnostics == [NOTHING_LISTENS]);
        taken.push(load.fragments.is_some());
    }
    taken
}

#[tokio::test]
async fn what_listens_is_not_taken_away_by_nothing() {
    let (nothing, something) = (Loaded::default(), Loaded { listens: true, ..Loaded::default() });
    let readings = [nothing.clone(), something.clone(), nothing, something];
    assert_eq!(taken(Guard::new(true), &readings).await, [true, true, false, true]);
    // Entry points listen all the same.
    assert_eq!(taken(Guard::new(false), &readings).await, [true; 4]);
}
