//! Formatting of numbers for display.

/// Formats a number with commas between thousands.
///
/// ```
/// assert_eq!(voxlake_lake::group_digits(1_234_567), "1,234,567");
/// ```
#[must_use]
pub fn group_digits(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Formats a number of bytes with a binary unit and two decimals.
///
/// ```
/// assert_eq!(voxlake_lake::format_bytes(3_072_000), "2.93 MiB");
/// ```
#[must_use]
pub fn format_bytes(bytes: u64) -> String {
    let (mut number, mut unit) = (bytes as f64, None);
    for larger in ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] {
        if number < 1024.0 {
            break;
        }
        (number, unit) = (number / 1024.0, Some(larger));
    }
    match unit {
        None => format!("{bytes} B"),
        Some(unit) => format!("{number:.2} {unit}"),
    }
}

/// Formats a number with the words for one or for several things.
///
/// ```
/// use voxlake_lake::counted;
///
/// assert_eq!(counted(1, "call is", "calls are"), "1 call is");
/// assert_eq!(counted(2_000, "call is", "calls are"), "2,000 calls are");
/// ```
#[must_use]
pub fn counted(number: u64, one: &str, several: &str) -> String {
    format!("{} {}", group_digits(number), if number == 1 { one } else { several })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_by_thousands() {
        let grouped: Vec<String> = [7, 999, 1_000, 1_234_567].map(group_digits).into();
        assert_eq!(grouped, ["7", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn bytes_have_the_largest_fitting_unit() {
        let formatted: Vec<String> = [0, 1023, 1024, 1 << 20, 3_072_000, u64::MAX].map(format_bytes).into();
        assert_eq!(formatted, ["0 B", "1023 B", "1.00 KiB", "1.00 MiB", "2.93 MiB", "16.00 EiB"]);
    }
}
