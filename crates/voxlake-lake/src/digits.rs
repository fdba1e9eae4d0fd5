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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_by_thousands() {
        let grouped: Vec<String> = [7, 999, 1_000, 1_234_567].map(group_digits).into();
        assert_eq!(grouped, ["7", "999", "1,000", "1,234,567"]);
    }
}
