# Recipes for development. CI runs the same checks.

# Lists the recipes.
default:
    @just --list

# Checks formatting, lints and documentation; warnings are errors.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --all-features --locked -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --all-features --no-deps --locked

# Runs every test, including the end-to-end tests.
test:
    cargo test --workspace --all-features --locked

# Runs the tests and judges with the clock at awkward dates, for hours (Linux, C compiler, PyPI).
test-dates runs="2":
    cargo build --release --locked
    python3 tests/dates/run.py --runs {{runs}} --voxlake target/release/voxlake

# Runs the benches on a lake of simulated calls, which is kept in the target folder. Some minutes.
bench calls="1000000":
    CALLS={{calls}} cargo bench --workspace --locked --bench '*' -- --warm-up-time 0.5 --measurement-time 2

# Compares Voxlake with other engines on simulated calls; an interrupted run continues.
compare calls="10M" rounds="7": && (compare-on ("target/compare/" + calls) rounds)
    cargo run --release --locked -- generate --calls {{calls}} --days 365 --seed 1 --until 2026-11-01 --lake target/compare/{{calls}}

# Compares Voxlake with DuckDB, Polars and ClickHouse; writes benches/compare/RESULTS.md (PyPI).
compare-on lake rounds="7":
    cargo build --release --locked
    python3 -m venv target/compare/python
    target/compare/python/bin/pip install --quiet --disable-pip-version-check -r benches/compare/requirements.txt
    target/compare/python/bin/python benches/compare/compare.py --rounds {{rounds}} {{lake}}

# Checks licences, sources and duplicate crates of the dependencies (cargo-deny).
deny:
    cargo deny check

# Reads the sample with another engine (Python, DuckDB from PyPI).
other-engines voxlake="target/release/voxlake":
    python3 tests/other_engines.py {{voxlake}} data/sample

# Reads a published lake with delta-rs, DuckDB and Polars (Python, PyPI).
table-formats voxlake="target/release/voxlake":
    python3 -m venv target/table-formats/python
    target/table-formats/python/bin/pip install --quiet --disable-pip-version-check deltalake polars "duckdb>=1.2,<3" "pyarrow>=17"
    target/table-formats/python/bin/python tests/table_formats.py {{voxlake}} target/table-formats/lakes

# Reads a published lake with Spark (Java; Python, 400 MB from PyPI): just spark data
spark lake voxlake="target/release/voxlake":
    python3 -m venv target/spark/python
    target/spark/python/bin/pip install --quiet --disable-pip-version-check pyspark deltalake
    target/spark/python/bin/python tests/spark.py {{voxlake}} {{lake}}

# Compares the named queries with DuckDB (Python, DuckDB from PyPI).
judge voxlake="target/release/voxlake":
    rm -rf target/judge
    {{voxlake}} demo --lake target/judge --until 2026-11-20 --days 60 --calls-per-day 3334
    python3 tests/judge/judge.py {{voxlake}} target/judge
    rm -rf target/judge-hostile
    python3 tests/judge/hostile.py {{voxlake}} target/judge-hostile
    python3 tests/judge/judge.py {{voxlake}} target/judge-hostile

# Compares random SQL with DuckDB (Python, PyPI): just fuzz-sql 100000 7
fuzz-sql statements="100000" seed="1" voxlake="target/release/voxlake":
    python3 -m venv target/fuzz-sql/python
    target/fuzz-sql/python/bin/pip install --quiet --disable-pip-version-check "duckdb>=1.2,<3" "pyarrow>=17"
    target/fuzz-sql/python/bin/python tests/fuzz_sql/fuzz.py --voxlake {{voxlake}} --lake data/sample \
        --statements {{statements}} --seed {{seed}} --report target/fuzz-sql/report.md

# Compares random SQL on a cluster with the answers of a session: just fuzz-cluster 3000 7
fuzz-cluster statements="3000" seed="1" voxlake="target/release/voxlake":
    python3 -m venv target/fuzz-sql/python
    target/fuzz-sql/python/bin/pip install --quiet --disable-pip-version-check "duckdb>=1.2,<3" "pyarrow>=17"
    target/fuzz-sql/python/bin/python tests/fuzz_sql/fuzz.py --voxlake {{voxlake}} --lake data/sample \
        --executors 2 --statements {{statements}} --seed {{seed}} --report target/fuzz-sql/cluster.md

# Kills commands that write at random times and checks that no call is lost: just kills 500 (PyPI)
kills count="500" voxlake="target/release/voxlake": && kills-cluster
    python3 -m venv target/kills/python
    target/kills/python/bin/pip install --quiet --disable-pip-version-check "pyarrow>=17"
    target/kills/python/bin/python tests/kills/run.py --voxlake {{voxlake}} --kills {{count}}

# Kills executors of a cluster while queries run, and checks their answers: just kills-cluster 50
kills-cluster count="50":
    VOXLAKE_KILLS={{count}} cargo test --workspace --all-features --locked --test it -- cluster::kills --nocapture

# Runs the binary with mutated configuration or query files: just fuzz-settings 600 query
fuzz-settings seconds="600" kind="settings" voxlake="target/release/voxlake":
    python3 tests/fuzz_settings/run.py {{voxlake}} --kind {{kind}} --seconds {{seconds}}

# Fuzzes one of the targets in fuzz/ (nightly compiler, cargo-fuzz): just fuzz page 600
fuzz target seconds="600":
    cargo +nightly fuzz run {{target}} -- -max_total_time={{seconds}} -rss_limit_mb=2048

# Rebuilds data/sample: a week of a small simulated centre.
sample:
    rm -rf data/sample
    cargo run --release -- demo --lake data/sample --until 2026-11-09 --days 7 --calls-per-day 150 --queues 8 --agents 40 --seed 2026
    rm -rf data/sample/_voxlake
