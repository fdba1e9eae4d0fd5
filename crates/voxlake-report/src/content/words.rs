//! Names of columns, lines and weekdays as people read them.

/// A column's name as a heading: `abandonment_rate` is `Abandonment rate`.
pub(crate) fn heading(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    match letters.next() {
        // p50 and p95 are written small.
        Some('p') if letters.as_str().bytes().all(|b| b.is_ascii_digit()) && words.len() > 1 => words,
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => words,
    }
}

/// A value that names something, as it is shown: `1 Monday` is `Monday`, and a result class has spaces.
pub(crate) fn category(text: &str) -> String {
    const DAYS: [&str; 7] =
        ["1 Monday", "2 Tuesday", "3 Wednesday", "4 Thursday", "5 Friday", "6 Saturday", "7 Sunday"];
    if DAYS.contains(&text) {
        return text[2..].to_owned();
    }
    text.to_owned()
}

/// Whether a value is a place in time, so that bars of it stand side by side: an hour, a day, a week, a month.
pub(crate) fn is_time(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let known = ["00", "0000-00-00", "0000-W00", "0000-00", "0000-00-00 00:00"];
    known.contains(&shape.as_str()) || (digits(text) && text.len() == 4) || category(text) != text
}

/// A short form of a place in time for an axis.
pub(crate) fn tick(text: &str) -> String {
    if let Ok(date) = text.parse::<chrono::NaiveDate>() {
        return date.format("%a %-d").to_string();
    }
    if let Some((date, time)) = text.split_once(' ')
        && date.parse::<chrono::NaiveDate>().is_ok()
    {
        return time.to_owned();
    }
    let day = category(text);
    if day == text { day } else { day.chars().take(3).collect() }
}

/// Of rows that belong to no item, what their line says; empty for others.
pub(crate) fn of_line(line: &str) -> &'static str {
    match line {
        "total" => "Total",
        "none" => "None",
        "other" => "Other",
        "unallocated" => "Not allocated",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_and_categories_read_as_words() {
        assert_eq!(heading("abandonment_rate"), "Abandonment rate");
        assert_eq!(heading("p95"), "p95");
        assert_eq!(heading("period"), "Period");
        assert_eq!(category("1 Monday"), "Monday");
        assert_eq!(tick("1 Monday"), "Mon");
        assert_eq!(tick("2026-11-04"), "Wed 4");
        assert_eq!(tick("2026-11-04 09:30"), "09:30");
    }

    #[test]
    fn places_in_time_are_told_from_names() {
        for time in ["07", "2026-11-04", "2026-W45", "2026-11", "3 Wednesday"] {
            assert!(is_time(time), "{time}");
        }
        for name in ["Billing", "Line 07", "2026 offers", ""] {
            assert!(!is_time(name), "{name}");
        }
    }
}
