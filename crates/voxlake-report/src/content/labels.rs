//! Labels of columns, lines and categories for people.

/// Returns a column's name as a heading: `abandonment_rate` becomes `Abandonment rate`.
pub(crate) fn column_heading(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    match letters.next() {
        // p50 and p95 stay lower case.
        Some('p') if letters.as_str().bytes().all(|b| b.is_ascii_digit()) && words.len() > 1 => words,
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => words,
    }
}

/// Returns a category as people read it: `1 Monday` becomes `Monday`.
pub(crate) fn category_label(text: &str) -> String {
    const DAYS: [&str; 7] =
        ["1 Monday", "2 Tuesday", "3 Wednesday", "4 Thursday", "5 Friday", "6 Saturday", "7 Sunday"];
    if DAYS.contains(&text) {
        return text[2..].to_owned();
    }
    text.to_owned()
}

/// Returns true if a category is an hour, a weekday, a day, a week, a month or a year: bars of
/// these are drawn side by side.
pub(crate) fn is_time(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let known = ["00", "0000-00-00", "0000-W00", "0000-00", "0000-00-00 00:00"];
    known.contains(&shape.as_str()) || (digits(text) && text.len() == 4) || category_label(text) != text
}

/// Returns a short form of a time for an axis.
pub(crate) fn tick_label(text: &str) -> String {
    if let Ok(date) = text.parse::<chrono::NaiveDate>() {
        return date.format("%a %-d").to_string();
    }
    if let Some((date, time)) = text.split_once(' ')
        && date.parse::<chrono::NaiveDate>().is_ok()
    {
        return time.to_owned();
    }
    let day = category_label(text);
    if day == text { day } else { day.chars().take(3).collect() }
}

/// Returns the label of a row that is not an item, by its column `line`; empty for items.
pub(crate) fn line_label(line: &str) -> &'static str {
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
    fn columns_and_categories_have_labels() {
        assert_eq!(column_heading("abandonment_rate"), "Abandonment rate");
        assert_eq!(column_heading("p95"), "p95");
        assert_eq!(column_heading("period"), "Period");
        assert_eq!(category_label("1 Monday"), "Monday");
        assert_eq!(tick_label("1 Monday"), "Mon");
        assert_eq!(tick_label("2026-11-04"), "Wed 4");
        assert_eq!(tick_label("2026-11-04 09:30"), "09:30");
    }

    #[test]
    fn times_are_distinguished_from_names() {
        for time in ["07", "2026-11-04", "2026-W45", "2026-11", "3 Wednesday"] {
            assert!(is_time(time), "{time}");
        }
        for name in ["Billing", "Line 07", "2026 offers", ""] {
            assert!(!is_time(name), "{name}");
        }
    }
}
