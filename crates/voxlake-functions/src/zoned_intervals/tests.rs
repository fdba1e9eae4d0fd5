//! Ranges split at clock changes, and properties of any range.

use proptest::prelude::*;

use super::*;

fn instant(text: &str) -> i64 {
    text.parse::<DateTime<chrono::Utc>>().unwrap().timestamp_millis()
}

fn day_and_time(at: i64) -> String {
    DateTime::from_timestamp_millis(at).unwrap().format("%d %H:%M").to_string()
}

/// Returns one line for each piece: start of its interval in UTC and in local time, and length.
fn pieces(zone: &str, minutes: i64, from: &str, to: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let intervals = ZonedIntervals::try_new(zone.parse().unwrap(), minutes).unwrap();
    intervals.split(instant(from), instant(to), &mut pieces);
    pieces
        .iter()
        .map(|p| {
            format!(
                "{} = {}, {} min",
                day_and_time(p.begins),
                day_and_time(p.local),
                p.milliseconds / MINUTE_MS
            )
        })
        .collect()
}

#[test]
fn ranges_are_split_at_local_intervals() {
    assert_eq!(
        pieces("Asia/Kathmandu", 60, "2026-11-02T00:00:00Z", "2026-11-02T01:20:00Z"),
        ["01 23:15 = 02 05:00, 15 min", "02 00:15 = 02 06:00, 60 min", "02 01:15 = 02 07:00, 5 min"]
    );
    assert_eq!(pieces("UTC", 15, "2026-11-02T00:00:00Z", "2026-11-02T00:00:00Z"), [""; 0]);
    assert_eq!(pieces("UTC", 15, "2026-11-02T00:01:00Z", "2026-11-02T00:00:00Z"), [""; 0]);
}

#[test]
fn repeated_hours_are_two_intervals() {
    assert_eq!(
        pieces("Europe/Berlin", 60, "2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z"),
        ["25 00:00 = 25 02:00, 60 min", "25 01:00 = 25 02:00, 60 min"]
    );
    assert_eq!(
        pieces("Europe/Berlin", 60, "2026-03-29T00:30:00Z", "2026-03-29T02:00:00Z"),
        ["29 00:00 = 29 01:00, 30 min", "29 01:00 = 29 03:00, 60 min"]
    );
    // Clocks go back by half an hour: 01:30 is repeated.
    assert_eq!(
        pieces("Australia/Lord_Howe", 30, "2026-04-04T14:30:00Z", "2026-04-04T15:30:00Z"),
        ["04 14:30 = 05 01:30, 30 min", "04 15:00 = 05 01:30, 30 min"]
    );
}

#[test]
fn days_have_one_piece_per_offset() {
    assert_eq!(
        pieces("Europe/Berlin", 1440, "2026-10-24T22:00:00Z", "2026-10-26T23:00:00Z"),
        ["24 22:00 = 25 00:00, 180 min", "24 22:00 = 25 00:00, 1320 min", "25 23:00 = 26 00:00, 1440 min",]
    );
    assert_eq!(
        pieces("Europe/Berlin", 1440, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        ["28 23:00 = 29 00:00, 120 min", "28 23:00 = 29 00:00, 1260 min"]
    );
    // Clocks went from 00:00 to 01:00: the day started an hour late.
    assert_eq!(
        pieces("America/Sao_Paulo", 1440, "2018-11-04T02:00:00Z", "2018-11-04T05:00:00Z"),
        ["03 03:00 = 03 00:00, 60 min", "04 03:00 = 04 00:00, 120 min"]
    );
    // Clocks went from 00:00 back to 23:00.
    assert_eq!(
        pieces("America/Sao_Paulo", 1440, "2018-02-18T01:00:00Z", "2018-02-18T04:00:00Z"),
        ["17 02:00 = 17 00:00, 60 min", "17 02:00 = 17 00:00, 60 min", "18 03:00 = 18 00:00, 60 min"]
    );
}

#[test]
fn minutes_must_divide_a_day() {
    for minutes in [0, -15, 7, 2880] {
        let error = ZonedIntervals::try_new(Tz::UTC, minutes).unwrap_err().to_string();
        assert!(error.contains("divide a day"), "{error}");
    }
}

proptest! {
    #[test]
    fn pieces_cover_the_range(
        from in 1_500_000_000_000_i64..1_900_000_000_000,
        length in 0_i64..10 * DAY_MS,
        minutes in prop::sample::select(vec![15_i64, 30, 60, 1440]),
        zone in prop::sample::select(vec![Tz::UTC, Tz::Europe__Berlin, Tz::America__New_York,
            Tz::Australia__Lord_Howe, Tz::Asia__Kathmandu, Tz::America__Sao_Paulo, Tz::Africa__Casablanca]),
    ) {
        let intervals = ZonedIntervals::try_new(zone, minutes).unwrap();
        let mut pieces = Vec::new();
        intervals.split(from, from + length, &mut pieces);
        prop_assert_eq!(pieces.iter().map(|piece| piece.milliseconds).sum::<i64>(), length);
        let mut at = from;
        for piece in pieces {
            prop_assert!(piece.milliseconds > 0);
            for moment in [at, at + piece.milliseconds - 1] {
                let local = moment + intervals.offset(moment);
                prop_assert!((piece.local..piece.local + intervals.step_ms).contains(&local));
            }
            prop_assert!(piece.begins <= at);
            at += piece.milliseconds;
        }
    }

    #[test]
    fn cached_offsets_equal_those_of_the_zone(
        starts in proptest::collection::vec(0..2_000_000_000_i64, 1..100),
        zone in 0..4_usize,
        minutes in prop_oneof![Just(60_i64), Just(1440)],
    ) {
        let zone: Tz = ["Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns"][zone]
            .parse().unwrap();
        let intervals = ZonedIntervals::try_new(zone, minutes).unwrap();
        let mut spans = OffsetCache::new(intervals);
        // Instants around each full hour test the bounds of spans.
        let hour = 60 * MINUTE_MS;
        for at in starts.iter().flat_map(|start| [start * 1000, start * 1000 / hour * hour, start * 1000 / hour * hour - 1]) {
            let (offset, local) = *spans.get_or_derive(at, |span| (span.offset, span.local));
            prop_assert_eq!(offset, intervals.offset(at));
            prop_assert_eq!(local, (at + offset).div_euclid(intervals.step_ms) * intervals.step_ms);
        }
    }
}
