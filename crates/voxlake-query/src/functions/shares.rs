//! An amount in equal parts that add up to it, to the last millionth.

/// `amount` in `parts` parts: equal, and the remainder one unit each to the first parts.
///
/// Empty for no parts. A negative amount gives negative parts: −7 in 3 is −3, −2, −2.
pub(crate) fn equal_shares(amount: i128, parts: usize) -> impl Iterator<Item = i128> {
    // A count of list elements always fits; were it not to, there would be no parts to give.
    let divisor = i128::try_from(parts).unwrap_or(i128::MAX).max(1);
    let (share, remainder) = (amount / divisor, amount % divisor);
    (0..i128::try_from(parts).unwrap_or(0))
        .map(move |part| if part < remainder.abs() { share + remainder.signum() } else { share })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::equal_shares;

    fn shares(amount: i128, parts: usize) -> Vec<i128> {
        equal_shares(amount, parts).collect()
    }

    #[test]
    fn the_remainder_goes_to_the_first_parts() {
        assert_eq!(shares(7, 3), [3, 2, 2]);
        assert_eq!(shares(8, 3), [3, 3, 2]);
        assert_eq!(shares(9, 3), [3, 3, 3]);
        assert_eq!(shares(1, 3), [1, 0, 0]);
        assert_eq!(shares(5, 1), [5]);
        assert_eq!(shares(5, 0), []);
    }

    #[test]
    fn a_negative_amount_gives_negative_parts() {
        assert_eq!(shares(-7, 3), [-3, -2, -2]);
        assert_eq!(shares(-1, 2), [-1, 0]);
    }

    proptest! {
        #[test]
        fn the_parts_add_up_and_differ_by_one_at_most(amount: i64, parts in 1_usize..50) {
            let shares = shares(i128::from(amount), parts);
            prop_assert_eq!(shares.iter().sum::<i128>(), i128::from(amount));
            let (least, most) = (shares.iter().min().unwrap(), shares.iter().max().unwrap());
            prop_assert!(most - least <= 1);
        }
    }
}
