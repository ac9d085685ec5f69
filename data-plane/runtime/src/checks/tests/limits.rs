//! How many probes there are at one time, and programs among them.

use super::*;

/// A backend whose checks are a program.
fn program() -> Checked {
    let site = Site::default().backend("app", |backend| {
        let program = v1::ProgramProbe { command: "/bin/check".into(), ..v1::ProgramProbe::default() };
        backend.check = Some(v1::HealthCheck { probe: Some(v1::health_check::Probe::Program(program)) });
    });
    let site = site.endpoint("app", "any", nowhere(9), |_| {});
    let runtime = compile(None, Change::Full(&site.resources)).unwrap();
    let backend = &runtime.backends[&key(v1::Kind::Backend, "app")];
    Checked { settings: Arc::clone(&backend.settings), config: Arc::clone(&backend.endpoints[0]) }
}

#[tokio::test(start_paused = true)]
async fn probes_at_one_time_are_bounded_and_each_has_its_turn() {
    let mut bench = Bench::new();
    let (settings, total) = (settings(None), MAX_PROBES + 500);
    let quick = Schedule { interval: MS, ..subject("a", nowhere(1), &settings).schedule };
    let subjects = (0..total).map(|number| {
        let address = SocketAddr::from(([127, 0, 0, 1], u16::try_from(number).unwrap() + 1));
        bench.set(address, Manner::Late(Duration::from_micros(900)));
        Subject { schedule: quick, ..subject(&number.to_string(), address, &settings) }
    });
    let subjects = subjects.collect();
    bench.checks.follow(subjects);
    bench.run(100 * MS).await;
    assert_eq!(bench.fake.0.most.load(SeqCst), MAX_PROBES);
    let probed: std::collections::HashSet<_> = lock(&bench.fake.0.probes).iter().map(|(it, _)| *it).collect();
    assert_eq!(probed.len(), total);
}

/// Those that are given up make room for the ones that wait.
#[tokio::test(start_paused = true)]
async fn a_program_takes_the_place_of_ten_probes() {
    let mut bench = Bench::new();
    let (program, total) = (program(), MAX_PROBES / 10 + 50);
    let subjects = (0..total).map(|number| subject(&number.to_string(), nowhere(1), &program));
    bench.checks.follow(subjects.collect());
    bench.run(1_999 * MS).await;
    assert_eq!(bench.fake.0.most.load(SeqCst), MAX_PROBES / 10);
    bench.run(4_000 * MS).await;
    assert_eq!(bench.fake.0.most.load(SeqCst), MAX_PROBES / 10);
    let late = bench.heard().into_iter().filter(|line| line.contains(" PROCTOUT"));
    let late: std::collections::HashSet<_> = late.collect();
    assert_eq!(late.len(), total, "each had its turn");
}

#[tokio::test(start_paused = true)]
async fn a_program_is_run_for_each_endpoint() {
    let mut bench = Bench::new();
    let program = program();
    bench.checks.follow(["a", "b"].map(|name| subject(name, nowhere(1), &program)).to_vec());
    bench.run(1_999 * MS).await;
    assert_eq!(bench.fake.0.most.load(SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn endpoints_with_other_sources_have_probes_of_their_own() {
    let mut bench = Bench::new();
    let settings = settings(None);
    let elsewhere = checked(None, |endpoint| {
        let address = v1::IpAddress { ip: vec![127, 0, 0, 9].into(), port: 0 };
        endpoint.source = Some(v1::Source { address: Some(address), ..v1::Source::default() });
    });
    let elsewhere = Checked { settings: Arc::clone(&settings.settings), ..elsewhere };
    bench.checks.follow(vec![subject("a", nowhere(1), &settings), subject("b", nowhere(1), &elsewhere)]);
    bench.run(1_999 * MS).await;
    assert_eq!(bench.probes(nowhere(1)).len(), 2);
}
