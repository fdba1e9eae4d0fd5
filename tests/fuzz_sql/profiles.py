"""Session profiles: how a voxlake session is set up.

Settings that a session refuses are left out, so that a profile outlives a stricter list of settings.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """Flags and environment of a process, and statements that it starts with."""

    name: str
    flags: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    settings: tuple[str, ...] = ()


def settings(**values):
    """Returns SET statements; a double underscore stands for a dot."""
    return tuple(f"SET datafusion.{name.replace('__', '.')} = {value}" for name, value in values.items())


def threads(count):
    """Returns the environment of a process with this many threads."""
    return (("TOKIO_WORKER_THREADS", str(count)),)


PROFILES = (
    Profile("default"),
    Profile("no summaries", ("--no-summaries",)),
    Profile("one thread", environment=threads(1), settings=settings(execution__target_partitions=1)),
    Profile(
        "batches of 3",
        environment=threads(2),
        settings=settings(execution__batch_size=3, execution__target_partitions=2),
    ),
    Profile(
        "batches of 7, 4 partitions",
        environment=threads(4),
        settings=settings(execution__batch_size=7, execution__target_partitions=4, execution__coalesce_batches="false"),
    ),
    Profile("memory limit", ("--memory-limit", "64MB"), settings=settings(execution__batch_size=64)),
    Profile(
        "small memory limit",
        ("--memory-limit", "4MB"),
        settings=settings(execution__batch_size=32, execution__sort_spill_reservation_bytes=100000),
    ),
    Profile(
        "no pushdown of filters",
        settings=settings(
            execution__parquet__pushdown_filters="false",
            execution__parquet__pruning="false",
            execution__parquet__enable_page_index="false",
            execution__parquet__bloom_filter_on_read="false",
        ),
    ),
    Profile(
        "pushdown of filters, reordered",
        settings=settings(
            execution__parquet__pushdown_filters="true",
            execution__parquet__reorder_filters="true",
            execution__batch_size=100,
            execution__target_partitions=3,
        ),
    ),
    Profile(
        "partitioned hash joins",
        settings=settings(
            optimizer__hash_join_single_partition_threshold=0,
            optimizer__hash_join_single_partition_threshold_rows=0,
            optimizer__enable_dynamic_filter_pushdown="false",
            execution__target_partitions=4,
            execution__batch_size=33,
        ),
    ),
    Profile(
        "no repartitions",
        settings=settings(
            optimizer__repartition_aggregations="false",
            optimizer__repartition_joins="false",
            optimizer__repartition_sorts="false",
            optimizer__repartition_windows="false",
            optimizer__repartition_file_scans="false",
            optimizer__enable_round_robin_repartition="false",
        ),
    ),
    Profile(
        "eager repartitions",
        environment=threads(2),
        settings=settings(
            optimizer__repartition_file_min_size=1,
            optimizer__prefer_existing_sort="true",
            execution__target_partitions=5,
            execution__batch_size=50,
        ),
    ),
    Profile(
        "without optional rewrites",
        settings=settings(
            optimizer__enable_topk_aggregation="false",
            optimizer__filter_null_join_keys="true",
            optimizer__enable_sort_pushdown="false",
            execution__skip_partial_aggregation_probe_rows_threshold=1,
            execution__skip_partial_aggregation_probe_ratio_threshold=0.0,
        ),
    ),
    Profile(
        "statistics, small batches",
        settings=settings(
            execution__collect_statistics="true",
            execution__batch_size=5,
            execution__target_partitions=2,
        ),
    ),
)


def profile_of(block, profiles=PROFILES):
    """Returns the profile of a block of statements."""
    return profiles[block % len(profiles)]
