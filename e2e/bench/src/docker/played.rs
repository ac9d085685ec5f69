//! An engine that is played: very many containers, and events as fast as they can be told.

use std::time::{Duration, Instant};

use sluicegate_e2e::engine::Container;
use sluicegate_e2e::{Dice, Engine, Origin};

use super::{Docker, Site, origin, tell, tell_latencies};
use crate::load::Latencies;

/// Names below it are the containers'.
const DOMAIN: &str = "example";
/// The longest pause between two starts that have nothing to do with each other.
const PAUSE_MILLISECONDS: u64 = 200;
/// A storm is over when nothing has happened for so long.
const CALM: Duration = Duration::from_secs(2);

pub(super) async fn run(options: &Docker) -> anyhow::Result<()> {
    let (mut engine, origin) = (Engine::start(), origin().await);
    for number in 0..options.containers {
        engine.has(container(&format!("app{number}"), &origin));
    }
    let begun = Instant::now();
    let mut site = Site::start(&engine.option()).await;
    site.serves(&format!("app0.{DOMAIN}")).await?;
    tell(
        &format!("start with {} containers, to the first answer", options.containers),
        &format!("{:.0} ms", begun.elapsed().as_secs_f64() * 1000.0),
    );
    one_by_one(options, &engine, &origin, &mut site).await?;
    storm(options, &engine, &origin, &mut site).await?;
    quiet(options, &engine, &mut site).await;
    engine.go();
    Ok(())
}

fn container(name: &str, origin: &Origin) -> Container {
    Container::at(name, origin.address().ip()).route(DOMAIN, origin.address().port())
}

async fn one_by_one(
    options: &Docker,
    engine: &Engine,
    origin: &Origin,
    site: &mut Site,
) -> anyhow::Result<()> {
    let known = options.containers;
    for (of, longest) in [("apart", PAUSE_MILLISECONDS), ("behind", 0)] {
        let mut latencies = Latencies::with_capacity(options.starts as usize);
        let (mut dice, before) = (Dice::new(1), site.processor_time());
        for number in 0..options.starts {
            if longest > 0 {
                tokio::time::sleep(Duration::from_millis(dice.below(longest))).await;
            }
            let name = format!("{of}{number}");
            let started = Instant::now();
            engine.run(container(&name, origin));
            site.serves(&format!("{name}.{DOMAIN}")).await?;
            latencies.add(started.elapsed());
        }
        let spent = (site.processor_time() - before).as_secs_f64() * 1000.0 / f64::from(options.starts);
        let how = match longest {
            0 => "each at once behind the last".to_owned(),
            _ => format!("0 to {longest} ms after the last"),
        };
        tell_latencies(
            &format!("event to first answer, {known} containers known, {} starts, {how}", options.starts),
            latencies,
        );
        tell("processor time for each, with all the requests that ask for it", &format!("{spent:.1} ms"));
    }
    Ok(())
}

async fn storm(options: &Docker, engine: &Engine, origin: &Origin, site: &mut Site) -> anyhow::Result<()> {
    let generation = site.generation()?;
    tokio::time::sleep(CALM).await;
    let (begun, before, calls) = (Instant::now(), site.processor_time(), engine.all_calls());
    for number in 0..options.storm {
        engine.run(container(&format!("storm{number}"), origin));
        engine.stop(&format!("app{number}"));
    }
    site.serves(&format!("storm{}.{DOMAIN}", options.storm - 1)).await?;
    let served = begun.elapsed();
    tokio::time::sleep(CALM).await;
    let spent = site.processor_time() - before;
    let calls = engine.all_calls() - calls;
    let generations = site.generation()? - generation;
    tell(
        &format!("storm: {0} containers started and {0} stopped at once", options.storm),
        &format!(
            "{:.2} s of processor time, {generations} generations, {calls} calls of the engine, the last served after {:.0} ms",
            spent.as_secs_f64(),
            served.as_secs_f64() * 1000.0
        ),
    );
    Ok(())
}

async fn quiet(options: &Docker, engine: &Engine, site: &mut Site) {
    let length = Duration::from_secs(options.quiet_seconds);
    let (before, calls) = (site.processor_time(), engine.all_calls());
    tokio::time::sleep(length).await;
    tell(
        &format!("nothing happens for {length:?}, {} containers known", engine.containers()),
        &format!(
            "{:.0} ms of processor time, {} calls of the engine",
            (site.processor_time() - before).as_secs_f64() * 1000.0,
            engine.all_calls() - calls
        ),
    );
}
