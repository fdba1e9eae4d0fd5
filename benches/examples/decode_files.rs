//! Decodes pages in files into record batches, on one thread, for `benches/compare/decode.py`.
//!
//! ```text
//! decode_files write FOLDER CALLS summary|detail
//! decode_files read FOLDER/pages.ndjson|FOLDER/calls.ndjson ROUNDS
//! ```
//!
//! `write` writes simulated calls twice: as pages of 100, one per line, and as records, one per
//! line. `read` reads and decodes such a file and prints a line of JSON: the number of calls, sums
//! to compare with other readers, and the CPU seconds of each round.

#![expect(clippy::print_stdout, reason = "it prints what it found")]

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use arrow::array::{AsArray as _, RecordBatch};
use arrow::compute::sum;
use arrow::datatypes::{Decimal128Type, Int64Type};
use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use voxlake_benches::PAGE;
use voxlake_model::{decode_page, decode_records};
use voxlake_sim::{Centre, CentreConfig, View};

/// Records per batch, as in an import.
const BATCH: usize = 1000;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["write", folder, calls, "summary"] => write(Path::new(folder), calls.parse()?, View::Summary),
        ["write", folder, calls, "detail"] => write(Path::new(folder), calls.parse()?, View::Detail),
        ["read", file, rounds] => read(Path::new(file), rounds.parse()?),
        _ => bail!("decode_files write FOLDER CALLS summary|detail, or decode_files read FILE ROUNDS"),
    }
}

fn write(folder: &Path, count: usize, view: View) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    let from = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000);
    let offset = FixedOffset::east_opt(0).context("UTC is an offset")?;
    let centre = Centre::new(CentreConfig::default().with_calls_per_day(50_000.0))?;
    let mut calls = centre
        .calls(from, from + TimeDelta::days(3650))
        .take(count)
        .map(|call| call.to_json(view, offset).to_string());
    let mut pages = BufWriter::new(File::create(folder.join("pages.ndjson"))?);
    let mut records = BufWriter::new(File::create(folder.join("calls.ndjson"))?);
    loop {
        let page: Vec<String> = calls.by_ref().take(PAGE).collect();
        if page.is_empty() {
            break;
        }
        writeln!(pages, r#"{{"total_records":{count},"voice_calls":[{}]}}"#, page.join(","))?;
        writeln!(records, "{}", page.join("\n"))?;
    }
    pages.flush()?;
    Ok(records.flush()?)
}

fn read(file: &Path, rounds: usize) -> anyhow::Result<()> {
    let pages = file.file_name().is_some_and(|name| name == "pages.ndjson");
    let (mut sums, mut seconds) = (Sums::default(), Vec::new());
    for _ in 0..rounds {
        let began = processor_seconds()?;
        sums = if pages { of_pages(file) } else { of_records(file) }?;
        seconds.push(processor_seconds()? - began);
    }
    let Sums { calls, durations, micros } = sums;
    println!(r#"{{"calls": {calls}, "durations": {durations}, "micros": {micros}, "seconds": {seconds:?}}}"#);
    Ok(())
}

fn of_pages(file: &Path) -> anyhow::Result<Sums> {
    let (mut file, mut sums, mut page) = (open(file)?, Sums::default(), Vec::new());
    while next_line(&mut file, &mut page)? {
        sums.add(&decode_page(&page, DateTime::UNIX_EPOCH)?.calls);
        page.clear();
    }
    Ok(sums)
}

fn of_records(file: &Path) -> anyhow::Result<Sums> {
    let (mut file, mut sums, mut lines) = (open(file)?, Sums::default(), String::new());
    loop {
        for _ in 0..BATCH {
            file.read_line(&mut lines)?;
        }
        if lines.is_empty() {
            return Ok(sums);
        }
        let records: Vec<&str> = lines.lines().collect();
        sums.add(&decode_records(records, DateTime::UNIX_EPOCH)?.0);
        lines.clear();
    }
}

/// Appends the next line to `line`, without the line end. Returns whether there was one. The
/// standard library's `read_until` took 5 % of the time of decoding a page.
fn next_line(file: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
    let before = line.len();
    loop {
        let bytes = file.fill_buf()?;
        if let Some(end) = memchr::memchr(b'\n', bytes) {
            line.extend_from_slice(&bytes[..end]);
            file.consume(end + 1);
            return Ok(true);
        }
        if bytes.is_empty() {
            return Ok(line.len() > before);
        }
        line.extend_from_slice(bytes);
        let length = bytes.len();
        file.consume(length);
    }
}

fn open(file: &Path) -> std::io::Result<BufReader<File>> {
    Ok(BufReader::with_capacity(1 << 20, File::open(file)?))
}

/// Sums on which two readers of the same calls have to agree.
#[derive(Default)]
struct Sums {
    calls: usize,
    /// Seconds.
    durations: i64,
    /// Millionths of the currency's unit.
    micros: i128,
}

impl Sums {
    fn add(&mut self, calls: &RecordBatch) {
        self.calls += calls.num_rows();
        self.durations += sum(calls["total_duration"].as_primitive::<Int64Type>()).unwrap_or(0);
        self.micros += sum(calls["charge_amount"].as_primitive::<Decimal128Type>()).unwrap_or(0);
    }
}

/// Returns the CPU time of this thread, which does not depend on other load.
fn processor_seconds() -> anyhow::Result<f64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").context("the system does not tell")?;
    let nanoseconds: f64 = text.split_whitespace().next().context("the system tells nothing")?.parse()?;
    Ok(nanoseconds / 1e9)
}
