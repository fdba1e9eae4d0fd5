//! Engagements with several start times in the lake. Most of them are moved calls that count twice.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::Hasher as _;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use twox_hash::XxHash64;

use crate::calls::Keys;
use crate::commit::OpenedFile;
use crate::day::DayFile;
use crate::error::StoreContext as _;
use crate::executor::spawn_blocking_io;
use crate::read::DayReader;
use crate::{Lake, LakeError};

/// Maximum calls whose ids are compared at once, at 8 bytes each. More calls are compared in parts.
const MAX_COMPARED_CALLS: u64 = 4_000_000;
/// Maximum engagements that are listed by id.
const MAX_NAMED_ENGAGEMENTS: usize = 20;
/// Seeds of the two hashes of an id.
const SEEDS: [u64; 2] = [0, 0x9e37_79b9_7f4a_7c15];

/// Engagements with several start times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepeatedEngagements {
    /// Number of engagements.
    pub engagements: u64,
    /// The first of them, with their start times in order.
    pub named: BTreeMap<String, BTreeSet<DateTime<Utc>>>,
}

type IdHash = (u64, u64);

impl Lake {
    /// Finds engagements that `days` have under several start times. Damaged days are left out.
    /// `on_day` is called after each day.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn repeated_engagements(
        &self,
        days: &[DayFile],
        on_day: impl Fn(),
    ) -> Result<RepeatedEngagements, LakeError> {
        let (mut calls, mut readable) = (0, Vec::new());
        for (day, footer) in days.iter().zip(self.footers(days).await) {
            match footer {
                Ok(footer) => {
                    calls += footer.rows;
                    readable.push(day);
                }
                // Damaged days do not count.
                Err(LakeError::Damaged { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let days = readable;
        let parts = calls.div_ceil(MAX_COMPARED_CALLS).max(1);
        let mut found = BTreeSet::new();
        for part in 0..parts {
            let mut hashes: Vec<u64> = Vec::new();
            for day in &days {
                let of_part =
                    move |(_, id): (i64, &str)| Some(hash(id).0).filter(|hash| hash % parts == part);
                hashes.extend(self.keys_with(day.date, of_part).await?);
                on_day();
            }
            hashes.sort_unstable();
            let repeated = hashes.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]);
            found.extend(self.with_several_starts(&days, repeated.collect()).await?);
        }
        let named: BTreeSet<IdHash> = found.iter().copied().take(MAX_NAMED_ENGAGEMENTS).collect();
        let mut several = RepeatedEngagements { engagements: found.len() as u64, named: BTreeMap::new() };
        if !named.is_empty() {
            for day in days {
                for (start, id) in self.keys_of(day.date, named.clone()).await? {
                    several.named.entry(id).or_default().extend(DateTime::from_timestamp_millis(start));
                }
            }
        }
        Ok(several)
    }

    /// Returns the engagements with several start times among those whose first hash is in
    /// `repeated`. Such a hash may also be shared by several engagements, or by duplicates within a
    /// file.
    async fn with_several_starts(
        &self,
        days: &[&DayFile],
        repeated: HashSet<u64>,
    ) -> Result<BTreeSet<IdHash>, LakeError> {
        if repeated.is_empty() {
            return Ok(BTreeSet::new());
        }
        let (repeated, mut keys) = (Arc::new(repeated), Vec::new());
        for day in days {
            let repeated = Arc::clone(&repeated);
            let take = move |(start, id): (i64, &str)| {
                let hash = hash(id);
                repeated.contains(&hash.0).then_some((hash, start))
            };
            keys.extend(self.keys_with(day.date, take).await?);
        }
        keys.sort_unstable();
        keys.dedup();
        Ok(keys.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[0].0).collect())
    }

    async fn keys_of(
        &self,
        date: NaiveDate,
        wanted: BTreeSet<IdHash>,
    ) -> Result<Vec<(i64, String)>, LakeError> {
        self.keys_with(date, move |(start, id)| wanted.contains(&hash(id)).then(|| (start, id.to_owned())))
            .await
    }

    /// Maps the keys of a day with `take` and returns its values.
    async fn keys_with<T: Send + 'static>(
        &self,
        date: NaiveDate,
        take: impl Fn((i64, &str)) -> Option<T> + Send + 'static,
    ) -> Result<Vec<T>, LakeError> {
        let path = crate::layout::day_file(date);
        let Some(OpenedFile { file, .. }) = self.day_file(&path).await? else { return Ok(Vec::new()) };
        let name = path.to_string();
        let reading = spawn_blocking_io(move || {
            Ok(DayReader::open(&name, file).and_then(|day| {
                let mut taken = Vec::new();
                for batch in day.keys(day.all_groups())? {
                    let batch = batch?;
                    let keys = Keys::new(&batch);
                    taken.extend((0..keys.len()).filter_map(|row| take(keys.get(row))));
                }
                Ok(taken)
            }))
        });
        match reading.await.context("read", path.as_ref())? {
            // Calls of a damaged day cannot be compared. Verification reports the day.
            Err(LakeError::Damaged { .. } | LakeError::NewerSchema { .. }) => Ok(Vec::new()),
            keys => keys,
        }
    }
}

fn hash(id: &str) -> IdHash {
    let [a, b] = SEEDS.map(|seed| {
        let mut hasher = XxHash64::with_seed(seed);
        hasher.write(id.as_bytes());
        hasher.finish()
    });
    (a, b)
}
