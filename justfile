# The project's chores. CI calls the same ones.

# List the recipes.
default:
    @just --list

# Formatting, lints and documentation, all warnings being errors.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

# Every test, the end-to-end ones included.
test:
    cargo test --workspace --locked

# The tests and the judges with the clock shifted to awkward dates, twice each. Hours; Linux only (needs a C compiler, Python and DuckDB from PyPI).
test-dates runs="2":
    cargo build --release --locked
    python3 tests/dates/run.py --runs {{runs}} --voxlake target/release/voxlake

# The benches, on a lake of so many simulated calls that is kept in the target folder. Some minutes.
bench calls="1000000":
    CALLS={{calls}} cargo bench --workspace --locked --bench '*' -- --warm-up-time 0.5 --measurement-time 2

# Voxlake beside other engines on so many simulated calls; a run that was ended goes on where it was.
compare calls="10M" rounds="7": && (compare-on ("target/compare/" + calls) rounds)
    cargo run --release --locked -- generate --calls {{calls}} --days 365 --seed 1 --until 2026-11-01 --lake target/compare/{{calls}}

# Voxlake beside DuckDB, Polars and ClickHouse on a lake: writes benches/compare/RESULTS.md and results.svg (needs Python and PyPI).
compare-on lake rounds="7":
    cargo build --release --locked
    python3 -m venv target/compare/python
    target/compare/python/bin/pip install --quiet --disable-pip-version-check -r benches/compare/requirements.txt
    target/compare/python/bin/python benches/compare/compare.py --rounds {{rounds}} {{lake}}

# Licences, sources and doubled crates of the dependencies (needs cargo-deny).
deny:
    cargo deny check

# The sample, read by another engine (needs Python and DuckDB from PyPI).
other-engines voxlake="target/release/voxlake":
    python3 tests/other_engines.py {{voxlake}} data/sample

# The named questions, answered by another engine as well (needs Python and DuckDB from PyPI).
judge voxlake="target/release/voxlake":
    rm -rf target/judge
    {{voxlake}} demo --lake target/judge --until 2026-11-20 --days 60 --calls-per-day 3334
    python3 tests/judge/judge.py {{voxlake}} target/judge
    rm -rf target/judge-hostile
    python3 tests/judge/hostile.py {{voxlake}} target/judge-hostile
    python3 tests/judge/judge.py {{voxlake}} target/judge-hostile

# Random SQL, answered by DuckDB as well, with a report of what differs (needs Python and PyPI): just fuzz-sql 100000 7
fuzz-sql statements="100000" seed="1" voxlake="target/release/voxlake":
    python3 -m venv target/fuzz-sql/python
    target/fuzz-sql/python/bin/pip install --quiet --disable-pip-version-check "duckdb>=1.2,<3" "pyarrow>=17"
    target/fuzz-sql/python/bin/python tests/fuzz_sql/fuzz.py --voxlake {{voxlake}} --lake data/sample \
        --statements {{statements}} --seed {{seed}} --report target/fuzz-sql/report.md

# Commands that write, killed at random moments, with checks that nothing is lost (needs Python): just kills 500
kills count="500" voxlake="target/release/voxlake":
    python3 tests/kills/run.py --voxlake {{voxlake}} --kills {{count}}

# Mutated configuration or query files, read by the binary: just fuzz-settings 600 query
fuzz-settings seconds="600" kind="settings" voxlake="target/release/voxlake":
    python3 tests/fuzz_settings/run.py {{voxlake}} --kind {{kind}} --seconds {{seconds}}

# Random input for one of the targets in fuzz/ (needs a nightly compiler and cargo-fuzz): just fuzz page 600
fuzz target seconds="600":
    cargo +nightly fuzz run {{target}} -- -max_total_time={{seconds}} -rss_limit_mb=2048

# Make data/sample anew: a week of a small simulated centre.
sample:
    rm -rf data/sample
    cargo run --release -- demo --lake data/sample --until 2026-11-09 --days 7 --calls-per-day 150 --queues 8 --agents 40 --seed 2026
    rm -rf data/sample/_voxlake
