"""Polars over the day files, as lazy frames."""

from datetime import datetime, timedelta

import polars as pl

NAME = "Polars"

# Queries that are faster in Polars' in-memory engine; the others use the streaming engine.
IN_MEMORY = {"q5_engagement", "q6_consumer", "q8_day", "q9_concurrency"}
DURATIONS = [0.5, 0.9, 0.95, 0.99]


def version():
    return pl.__version__


def percentiles():
    return [
        pl.len().alias("calls"),
        *(pl.col("total_duration").quantile(q, interpolation="linear").alias(f"p{q}") for q in DURATIONS),
    ]


def exploded(frame, name, field):
    """Returns a row per entry of a list of structs, with one of its fields."""
    return frame.explode(name).drop_nulls(name).with_columns(pl.col(name).struct.field(field).alias("field")).drop(name)


class Engine:
    def __init__(self, lake, threads, params):
        self.calls = pl.scan_parquet(
            f"{lake}/voice_calls/*/calls.parquet", hive_partitioning=True, hive_schema={"date": pl.Date}
        )
        self.params = params
        self.questions = tuple(name for name in dir(self) if name.startswith("q") and "_" in name)

    def answer(self, question):
        engine = "in-memory" if question in IN_MEMORY else "streaming"
        return getattr(self, question)().collect(engine=engine).rows()

    def moment(self, name):
        return datetime.fromisoformat(self.params[name])

    def dates(self, begin, end, days_before=0):
        """Returns the predicate for the day files of a period of whole days."""
        begin, end = self.moment(begin).date(), self.moment(end).date()
        return (pl.col("date") >= begin - timedelta(days=days_before)) & (pl.col("date") < end)

    def q1_abandonment(self):
        offered = self.calls.filter(
            (pl.col("direction") == "inbound") & pl.col("distributions").list.contains("acd")
        ).select("queues", "result")
        return (
            exploded(offered, "queues", "queue_name")
            .group_by("field")
            .agg(
                pl.len(),
                pl.col("result").is_in(["long_abandoned", "abandon_quit"]).sum().alias("abandoned"),
                (pl.col("result") == "short_abandoned").sum().alias("short_abandoned"),
            )
            .sort("field", nulls_last=True)
        )

    def q2_durations(self):
        return (
            self.calls.filter(pl.col("total_duration").is_not_null())
            .group_by("direction", "result")
            .agg(*percentiles())
            .sort("direction", "result", nulls_last=True)
        )

    def q2q_queue_durations(self):
        lasting = self.calls.filter(pl.col("total_duration").is_not_null()).select("queues", "total_duration")
        return (
            exploded(lasting, "queues", "queue_name")
            .group_by("field")
            .agg(*percentiles())
            .sort("field", nulls_last=True)
        )

    def q3_queue_charges(self):
        count = pl.col("queues").list.len().cast(pl.Int64)
        charged = self.calls.filter(pl.col("charge_amount").is_not_null()).select(
            "queues",
            pl.int_ranges(1, count + 1, dtype=pl.Int64).alias("place"),
            count.alias("count"),
            (pl.col("charge_amount") * 1_000_000).cast(pl.Int64).alias("millionths"),
            "charge_currency",
            pl.col("start_time").dt.truncate("1mo").alias("month"),
        )
        share = pl.col("millionths") // pl.col("count") + (
            pl.col("place") <= pl.col("millionths") % pl.col("count")
        ).cast(pl.Int64)
        return (
            charged.filter(pl.col("count") > 0)
            .explode("queues", "place")
            .with_columns(pl.col("queues").struct.field("queue_name").alias("queue_name"))
            .group_by("queue_name", "month", "charge_currency")
            .agg(pl.len().alias("calls"), share.sum().alias("millionths"))
            .sort("queue_name", "month", "charge_currency", nulls_last=True)
            .select(
                "queue_name",
                pl.col("month").dt.strftime("%Y-%m"),
                "charge_currency",
                "calls",
                pl.col("millionths").cast(pl.Decimal(38, 6)) / 1_000_000,
            )
        )

    def heatmap(self, at):
        return (
            self.calls.select(at.alias("at"))
            .group_by(pl.col("at").dt.weekday().alias("weekday"), pl.col("at").dt.hour().alias("hour"))
            .agg(pl.len())
            .sort("weekday", "hour")
        )

    def q4_heatmap(self):
        return self.heatmap(pl.col("start_time"))

    def q4z_local_heatmap(self):
        return self.heatmap(pl.col("start_time").dt.convert_time_zone("Europe/Berlin"))

    def q5_engagement(self):
        return (
            self.calls.filter(pl.col("engagement_id") == self.params["engagement"])
            .select(
                "engagement_id",
                "direction",
                "caller_number",
                "callee_number",
                "start_time",
                "end_time",
                "total_duration",
                "consumer_number",
                "consumer_display_name",
                "country_name",
                "result",
                "caller_id",
                "calling_party",
                "charge",
                "charge_type",
                "charge_amount",
                "charge_currency",
                "extra",
            )
            .sort("start_time")
        )

    def q6_consumer(self):
        return (
            self.calls.filter(
                self.dates("month_from", "month_to") & (pl.col("consumer_number") == self.params["consumer"])
            )
            .select(
                "start_time",
                "engagement_id",
                "direction",
                "result",
                "total_duration",
                "charge_amount",
                "charge_currency",
            )
            .sort("start_time", "engagement_id")
        )

    def q7_agents(self):
        return (
            exploded(self.calls.select("agents", "total_duration"), "agents", "user_id")
            .group_by("field")
            .agg(pl.len(), pl.col("total_duration").sum())
            .sort("total_duration", "field", descending=[True, False], nulls_last=True)
            .head(20)
        )

    def q8_day(self):
        day = self.calls.filter(self.dates("day_from", "day_to")).select(
            "result",
            pl.col("start_time").dt.strftime("%H").alias("hour"),
            "charge_currency",
            "total_duration",
            "charge_amount",
        )

        def section(name, frame):
            is_money = name == "currency"
            return frame.agg(
                pl.len().alias("calls"),
                pl.col("total_duration").mean().alias("mean"),
                (pl.col("charge_amount").sum() if is_money else pl.lit(None)).cast(pl.Decimal(38, 6)).alias("charge"),
                # The sum of no values is null.
                pl.col("charge_amount").count().alias("charged"),
            ).select(
                pl.lit(name).alias("section"),
                "label",
                "calls",
                "mean",
                pl.when(pl.col("charged") > 0).then("charge").alias("charge"),
            )

        return pl.concat(
            [
                section("all", day.group_by(pl.lit(None, dtype=pl.String).alias("label"))),
                section("currency", day.group_by(pl.col("charge_currency").alias("label"))),
                section("hour", day.group_by(pl.col("hour").alias("label"))),
                section("result", day.group_by(pl.col("result").alias("label"))),
            ]
        ).sort("section", "label", nulls_last=True)

    def q9_concurrency(self):
        there = self.calls.filter(pl.col("end_time") > pl.col("start_time"))
        moments = pl.concat(
            [
                there.select(pl.col("start_time").alias("moment"), pl.lit(1, dtype=pl.Int8).alias("change")),
                there.select(pl.col("end_time").alias("moment"), pl.lit(-1, dtype=pl.Int8).alias("change")),
            ]
        )
        return (
            moments.sort("moment", "change")
            .with_columns(pl.col("change").cast(pl.Int64).cum_sum().alias("level"))
            .filter(pl.col("change") == 1)
            .group_by(pl.col("moment").dt.date().alias("day"))
            .agg(pl.col("level").max())
            .sort("day")
            .with_columns(pl.col("day").dt.strftime("%Y-%m-%d"))
        )

    def q10_repeats(self):
        week = pl.duration(days=7)
        return (
            self.calls.filter(
                self.dates("month_from", "month_to", days_before=7)
                & (pl.col("direction") == "inbound")
                & pl.col("consumer_number").str.starts_with("+")
            )
            .select("consumer_number", "start_time")
            .sort("consumer_number", "start_time")
            .with_columns(
                pl.col("consumer_number").shift(1).alias("number_before"),
                pl.col("start_time").shift(1).alias("time_before"),
            )
            .filter(pl.col("start_time") >= self.moment("month_from"))
            .select(
                pl.len().alias("calls"),
                (
                    (pl.col("number_before") == pl.col("consumer_number"))
                    & (pl.col("start_time") <= pl.col("time_before") + week)
                )
                .sum()
                .alias("repeats"),
            )
        )
