//! `voxlake bench`: the questions of the benchmark, timed over a lake in one warm process.
//!
//! - [`subject`]: the call, the day and the month that the questions are about
//! - [`mod@run`]: a question asked once, and what that took
//! - [`report`]: what is told of all runs
//! - [`serve`]: questions as another program asks them
//! - [`memory`]: the peak that the system notes

mod memory;
mod report;
mod run;
mod serve;
mod subject;

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use voxlake_lake::Lake;
use voxlake_query::{Catalog, LakeSession, NamedQuery, QueryError, SessionOptions};

use self::report::Report;
use self::run::Run;
use self::subject::Subject;
use crate::args::BenchArgs;
use crate::clock;
use crate::config::Settings;
use crate::exit::Exit;

/// A lake as the suite finds it.
struct Bench {
    session: LakeSession,
    subject: Subject,
    /// How long the session took to open: a listing of the lake, and what is read of it.
    opening: Duration,
    /// Threads that share the work of one answer.
    threads: usize,
}

pub(crate) async fn run(settings: Settings, args: BenchArgs) -> anyhow::Result<Exit> {
    let catalog = Catalog::benchmark()?;
    let questions = chosen(&catalog, &args.questions)?;
    let bench = Bench::open(&settings, args.threads).await?;
    if args.serve {
        serve::serve(&bench, &questions).await?;
        return Ok(Exit::Done);
    }
    let mut runs: Vec<Vec<Run>> = questions.iter().map(|_| Vec::new()).collect();
    for round in 0..=args.rounds.get() {
        for (question, runs) in questions.iter().zip(&mut runs) {
            let run = Run::of(&bench, question).await.with_context(|| question.name.clone())?;
            if runs.last().is_some_and(|before| before.digest != run.digest) {
                bail!("{} was not answered as before in round {round}", question.name);
            }
            // The first one warmed up: it shows what the answer is, and its time does not count.
            if round <= 1 {
                runs.clear();
            }
            runs.push(run);
        }
    }
    Report::new(&bench, &settings, &questions, &runs).await?.tell(args.format)?;
    Ok(Exit::Done)
}

impl Bench {
    async fn open(settings: &Settings, threads: Option<NonZeroUsize>) -> anyhow::Result<Self> {
        let options = SessionOptions {
            target_partitions: threads,
            memory_limit: settings.memory_limit,
            result_classes: settings.result_classes.clone(),
            currency_symbols: settings.currency_symbols.clone(),
            clock: Some(clock::now),
            ..SessionOptions::default()
        };
        let begun = Instant::now();
        let lake = Lake::open(&settings.lake).await?;
        let session = LakeSession::open(&lake, options).await?;
        let opening = begun.elapsed();
        let threads = session.context().copied_config().target_partitions();
        let subject = Subject::find(&session).await?;
        Ok(Self { session, subject, opening, threads })
    }

    /// The calls of the lake.
    async fn calls(&self) -> anyhow::Result<u64> {
        let count = self.session.context().table("voice_calls").await?.count().await?;
        Ok(count as u64)
    }

    /// The bytes of the lake's day files.
    fn bytes(&self) -> u64 {
        self.session.days().iter().map(|day| day.meta.size).sum()
    }
}

/// The questions of these names or numbers, each as often as it is named; of none, all.
fn chosen<'a>(catalog: &'a Catalog, names: &[String]) -> Result<Vec<&'a NamedQuery>, QueryError> {
    if names.is_empty() {
        return Ok(catalog.iter().collect());
    }
    let numbered = |number: &str| catalog.iter().find(|query| query.name.split('_').next() == Some(number));
    names.iter().map(|name| numbered(name).map_or_else(|| catalog.get(name), Ok)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_chosen_by_number_or_name() {
        let catalog = Catalog::benchmark().unwrap();
        let names = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            chosen(&catalog, &names)
                .map(|queries| queries.iter().map(|q| q.name.as_str()).collect::<Vec<_>>())
        };
        assert_eq!(names(&["q10", "q1_abandonment"]).unwrap(), ["q10_repeats", "q1_abandonment"]);
        assert_eq!(names(&[]).unwrap().len(), catalog.iter().count());
        assert!(names(&["q11"]).is_err() && names(&["q"]).is_err() && names(&[""]).is_err());
    }
}
