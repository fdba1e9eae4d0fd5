//! Spans cut by clocks that change, and what must hold for any span.

use proptest::prelude::*;

use super::*;

fn instant(text: &str) -> i64 {
    text.parse::<DateTime<chrono::Utc>>().unwrap().timestamp_millis()
}

fn shown(at: i64) -> String {
    DateTime::from_timestamp_millis(at).unwrap().format("%d %H:%M").to_string()
}

fn pieces(zone: &str, minutes: i64, from: &str, to: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let clock = Clock::try_new(zone.parse().unwrap(), minutes).unwrap();
    clock.cut(instant(from), instant(to), &mut pieces);
    pieces
        .iter()
        .map(|p| format!("{} = {}, {} min", shown(p.begins), shown(p.local), p.milliseconds / MINUTE))
        .collect()
}

#[test]
fn a_span_is_cut_at_the_intervals_of_the_local_clock() {
    assert_eq!(
        pieces("Asia/Kathmandu", 60, "2026-11-02T00:00:00Z", "2026-11-02T01:20:00Z"),
        ["01 23:15 = 02 05:00, 15 min", "02 00:15 = 02 06:00, 60 min", "02 01:15 = 02 07:00, 5 min"]
    );
    assert_eq!(pieces("UTC", 15, "2026-11-02T00:00:00Z", "2026-11-02T00:00:00Z"), [""; 0]);
    assert_eq!(pieces("UTC", 15, "2026-11-02T00:01:00Z", "2026-11-02T00:00:00Z"), [""; 0]);
}

#[test]
fn an_hour_that_comes_twice_is_two_and_one_that_is_skipped_is_none() {
    assert_eq!(
        pieces("Europe/Berlin", 60, "2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z"),
        ["25 00:00 = 25 02:00, 60 min", "25 01:00 = 25 02:00, 60 min"]
    );
    assert_eq!(
        pieces("Europe/Berlin", 60, "2026-03-29T00:30:00Z", "2026-03-29T02:00:00Z"),
        ["29 00:00 = 29 01:00, 30 min", "29 01:00 = 29 03:00, 60 min"]
    );
    // Clocks go back by half an hour: 01:30 comes again.
    assert_eq!(
        pieces("Australia/Lord_Howe", 30, "2026-04-04T14:30:00Z", "2026-04-04T15:30:00Z"),
        ["04 14:30 = 05 01:30, 30 min", "04 15:00 = 05 01:30, 30 min"]
    );
}

#[test]
fn a_day_is_one_interval_in_pieces_of_one_offset_each() {
    assert_eq!(
        pieces("Europe/Berlin", 1440, "2026-10-24T22:00:00Z", "2026-10-26T23:00:00Z"),
        ["24 22:00 = 25 00:00, 180 min", "24 22:00 = 25 00:00, 1320 min", "25 23:00 = 26 00:00, 1440 min",]
    );
    assert_eq!(
        pieces("Europe/Berlin", 1440, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        ["28 23:00 = 29 00:00, 120 min", "28 23:00 = 29 00:00, 1260 min"]
    );
    // Clocks went from 00:00 to 01:00: the day began an hour later than it is called.
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
fn minutes_that_do_not_divide_a_day_are_refused() {
    for minutes in [0, -15, 7, 2880] {
        let error = Clock::try_new(Tz::UTC, minutes).unwrap_err().to_string();
        assert!(error.contains("divide a day"), "{error}");
    }
}

proptest! {
    #[test]
    fn the_pieces_make_up_the_span_and_lie_in_their_intervals(
        from in 1_500_000_000_000_i64..1_900_000_000_000,
        length in 0_i64..10 * DAY,
        minutes in prop::sample::select(vec![15_i64, 30, 60, 1440]),
        zone in prop::sample::select(vec![Tz::UTC, Tz::Europe__Berlin, Tz::America__New_York,
            Tz::Australia__Lord_Howe, Tz::Asia__Kathmandu, Tz::America__Sao_Paulo, Tz::Africa__Casablanca]),
    ) {
        let clock = Clock::try_new(zone, minutes).unwrap();
        let mut pieces = Vec::new();
        clock.cut(from, from + length, &mut pieces);
        prop_assert_eq!(pieces.iter().map(|piece| piece.milliseconds).sum::<i64>(), length);
        let mut at = from;
        for piece in pieces {
            prop_assert!(piece.milliseconds > 0);
            for moment in [at, at + piece.milliseconds - 1] {
                let wall = moment + clock.offset(moment);
                prop_assert!((piece.local..piece.local + clock.step).contains(&wall));
            }
            prop_assert!(piece.begins <= at);
            at += piece.milliseconds;
        }
    }

    #[test]
    fn stretches_tell_what_the_zone_tells_of_each_instant(
        starts in proptest::collection::vec(0..2_000_000_000_i64, 1..100),
        zone in 0..4_usize,
        minutes in prop_oneof![Just(60_i64), Just(1440)],
    ) {
        let zone: Tz = ["Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns"][zone]
            .parse().unwrap();
        let clock = Clock::try_new(zone, minutes).unwrap();
        let mut stretches = Stretches::new(clock);
        // Each with its neighbours around the hour, so that the bounds of stretches are met.
        let hour = 60 * MINUTE;
        for at in starts.iter().flat_map(|start| [start * 1000, start * 1000 / hour * hour, start * 1000 / hour * hour - 1]) {
            let (offset, local) = *stretches.around(at, |stretch| (stretch.offset, stretch.local));
            prop_assert_eq!(offset, clock.offset(at));
            prop_assert_eq!(local, (at + offset).div_euclid(clock.step) * clock.step);
        }
    }
}
