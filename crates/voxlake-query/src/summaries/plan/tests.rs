use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn period(from: &str, to: &str) -> TimeRange {
    TimeRange { from: at(from), to: at(to) }
}

fn dates(from: &str, count: usize) -> Vec<NaiveDate> {
    from.parse::<NaiveDate>().unwrap().iter_days().take(count).collect()
}

/// The cover in words: what is summarized, and what is not.
fn told(cover: &SummaryPlan) -> (Vec<String>, Vec<String>) {
    let spans = cover.segments.iter().map(|segment| segment.span.to_string()).collect();
    let minute = |at: DateTime<Utc>| at.format("%m-%d %H:%M").to_string();
    (spans, cover.uncovered.iter().map(|r| format!("{}..{}", minute(r.from), minute(r.to))).collect())
}

fn covered(
    period: TimeRange,
    grain: Grain,
    per: (TimeGranularity, Tz),
    days: &[NaiveDate],
) -> (Vec<String>, Vec<String>) {
    // Quarters of an hour are not kept by year.
    let kept = |span| grain == Grain::Day || !matches!(span, SummaryPeriod::Year(_));
    told(&cover(period, grain, per, days, kept))
}

#[test]
fn edges_of_the_period_are_scanned() {
    let days = dates("2026-09-01", 90);
    let asked = period("2026-09-28T12:00:00Z", "2026-11-02T06:30:00Z");
    let (spans, scanned) = covered(asked, Grain::Day, (TimeGranularity::All, Tz::UTC), &days);
    assert_eq!(spans, ["2026-09-29", "2026-09-30", "2026-10", "2026-11-01"]);
    assert_eq!(scanned, ["09-28 12:00..09-29 00:00", "11-02 00:00..11-02 06:30"]);
}

#[test]
fn partial_years_with_all_days_are_complete() {
    // The lake begins within a year and ends within another.
    let days = dates("2023-05-17", 1000);
    let (per, zone) = (TimeGranularity::All, Tz::UTC);
    let all = period("2023-05-17T00:00:00Z", "2026-02-10T00:00:00Z");
    assert_eq!(
        covered(all, Grain::Day, (per, zone), &days),
        (["2023", "2024", "2025", "2026"].map(str::to_owned).to_vec(), vec![])
    );
    let most = period("2023-05-18T00:00:00Z", "2026-02-09T12:00:00Z");
    let (spans, scanned) = covered(most, Grain::Day, (per, zone), &days);
    assert_eq!(
        (spans[0].as_str(), spans[13].as_str(), spans[14].as_str()),
        ("2023-05-18", "2023-05-31", "2023-06")
    );
    assert_eq!(spans[21..25], ["2024", "2025", "2026-01", "2026-02-01"]);
    assert_eq!(scanned, ["02-09 00:00..02-09 12:00"]);
    // A year is of many months.
    let (by_month, _) = covered(all, Grain::Day, (TimeGranularity::Month, zone), &days);
    assert_eq!((by_month.len(), by_month[0].as_str()), (34, "2023-05"));
}

#[test]
fn only_partial_quarter_hours_are_scanned() {
    let days = dates("2026-11-01", 3);
    let asked = period("2026-11-01T12:05:00Z", "2026-11-03T06:29:59Z");
    let (spans, scanned) = covered(asked, Grain::Quarter, (TimeGranularity::All, Tz::UTC), &days);
    assert_eq!(spans, ["2026-11-01", "2026-11-02", "2026-11-03"]);
    assert_eq!(scanned, ["11-01 12:05..11-01 12:15", "11-03 06:15..11-03 06:29"]);
    let segments = cover(asked, Grain::Quarter, (TimeGranularity::All, Tz::UTC), &days, |_| true).segments;
    let within: Vec<_> = segments.iter().map(|segment| segment.within).collect();
    assert_eq!(
        within,
        [
            Some(period("2026-11-01T12:15:00Z", "2026-11-02T00:00:00Z")),
            None,
            Some(period("2026-11-03T00:00:00Z", "2026-11-03T06:15:00Z"))
        ]
    );
    let short = period("2026-11-01T12:05:00Z", "2026-11-01T12:10:00Z");
    assert_eq!(
        covered(short, Grain::Quarter, (TimeGranularity::All, Tz::UTC), &days),
        (vec![], vec!["11-01 12:05..11-01 12:10".to_owned()])
    );
}

#[test]
fn days_across_local_months_are_scanned() {
    let days = dates("2026-09-01", 61);
    let asked = period("2026-09-01T00:00:00Z", "2026-11-01T00:00:00Z");
    let berlin = Tz::Europe__Berlin;
    let (spans, scanned) = covered(asked, Grain::Day, (TimeGranularity::Month, berlin), &days);
    assert_eq!(spans.len(), 59);
    assert_eq!(scanned, ["09-30 00:00..10-01 00:00", "10-31 00:00..11-01 00:00"]);
    assert_eq!(
        covered(asked, Grain::Day, (TimeGranularity::Month, Tz::UTC), &days).0,
        ["2026-09", "2026-10"]
    );
    // No UTC day is within one day of Berlin's; weeks begin on Monday there as elsewhere.
    assert_eq!(covered(asked, Grain::Day, (TimeGranularity::Day, berlin), &days).0, Vec::<String>::new());
    assert_eq!(covered(asked, Grain::Day, (TimeGranularity::Hour, Tz::UTC), &days).0, Vec::<String>::new());
    assert_eq!(
        covered(asked, Grain::Quarter, (TimeGranularity::Hour, berlin), &days).0,
        ["2026-09", "2026-10"]
    );
    let (_, mondays) = covered(asked, Grain::Day, (TimeGranularity::Week, berlin), &days);
    assert_eq!(mondays[0], "09-06 00:00..09-07 00:00");
}

#[test]
fn hours_serve_whole_hour_zones() {
    let days = dates("2026-09-01", 61);
    let asked = period("2026-09-01T00:00:00Z", "2026-11-01T00:00:00Z");
    let whole = |zone| covered(asked, Grain::Hour, (TimeGranularity::Hour, zone), &days).0;
    assert_eq!(whole(Tz::Europe__Berlin), ["2026-09", "2026-10"]);
    assert_eq!(whole(Tz::Asia__Kathmandu), Vec::<String>::new());
    // On 2026-10-04 Lord Howe's clocks go from ten and a half hours to eleven.
    assert!(!shares_hours(SummaryPeriod::Month(days[35]).range(), Tz::Australia__Lord_Howe));
    assert!(shares_hours(
        SummaryPeriod::Month("2026-11-01".parse().unwrap()).range(),
        Tz::Australia__Lord_Howe
    ));
    assert_eq!(covered(asked, Grain::Hour, (TimeGranularity::All, Tz::Asia__Kathmandu), &days).0.len(), 2);
    let from_half_past = period("2026-10-01T00:30:00Z", "2026-11-01T00:00:00Z");
    let (spans, rest) = covered(from_half_past, Grain::Hour, (TimeGranularity::Hour, Tz::UTC), &days);
    assert_eq!((spans[0].as_str(), spans.len()), ("2026-10-02", 30));
    assert_eq!(rest, ["10-01 00:30..10-02 00:00"]);
}

#[test]
fn missing_summaries_are_scanned() {
    let mut days = dates("2026-11-01", 10);
    days.retain(|day| day.to_string() != "2026-11-05" && day.to_string() != "2026-11-06");
    let asked = period("2026-11-01T00:00:00Z", "2026-11-11T00:00:00Z");
    let none = cover(asked, Grain::Day, (TimeGranularity::All, Tz::UTC), &days, |_| false);
    assert_eq!(told(&none), (vec![], vec!["11-01 00:00..11-11 00:00".to_owned()]));
    let missing = |span: SummaryPeriod| {
        matches!(span, SummaryPeriod::Day(_))
            && !["2026-11-03", "2026-11-04", "2026-11-07"].contains(&span.to_string().as_str())
    };
    let some = cover(asked, Grain::Day, (TimeGranularity::All, Tz::UTC), &days, missing);
    assert_eq!(told(&some).1, ["11-03 00:00..11-08 00:00"]);
    let all = cover(asked, Grain::Day, (TimeGranularity::All, Tz::UTC), &days, |span| {
        matches!(span, SummaryPeriod::Day(_))
    });
    assert_eq!(told(&all), (days.iter().map(ToString::to_string).collect(), vec![]));
}

#[test]
fn endless_periods_cost_only_their_days() {
    let days = dates("2026-11-01", 2);
    let all = TimeRange { from: DateTime::<Utc>::MIN_UTC, to: DateTime::<Utc>::MAX_UTC };
    for grain in [Grain::Day, Grain::Quarter] {
        let not_of_years = cover(all, grain, (TimeGranularity::All, Tz::UTC), &days, |span| {
            !matches!(span, SummaryPeriod::Year(_))
        });
        assert_eq!(told(&not_of_years).0, ["2026-11"]);
        assert_eq!(covered(all, grain, (TimeGranularity::All, Tz::UTC), &[]), (vec![], vec![]));
    }
    let backwards = TimeRange { from: all.to, to: all.from };
    assert_eq!(
        covered(backwards, Grain::Quarter, (TimeGranularity::All, Tz::UTC), &days).0,
        Vec::<String>::new()
    );
}

#[test]
fn repeated_midnight_splits_the_day() {
    // At 00:01 of 2010-11-07 St. John's went back to 23:01.
    let zone = Tz::America__St_Johns;
    let (a, b) = (at("2010-11-07T02:30:00Z"), at("2010-11-07T03:00:00Z"));
    assert_ne!(TimeGranularity::Day.period_number(a, zone), TimeGranularity::Day.period_number(b, zone));
    let around = period("2010-11-07T02:15:00Z", "2010-11-07T03:15:00Z");
    assert_eq!(
        TimeGranularity::Day.period_number(around.from, zone),
        TimeGranularity::Day.period_number(around.to, zone)
    );
    assert!(!TimeGranularity::Day.holds(around, zone));
    assert!(TimeGranularity::All.holds(around, zone));
}
