//! Forms of charges.

use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Option<(i64, Option<String>)> {
    Charge::parse(text).map(|charge| (charge.micros, charge.currency.map(Cow::into_owned)))
}

#[test]
fn parses_forms_of_charges() {
    let cases: &[(&str, i64, &str)] = &[
        ("$0.019", 19_000, "USD"),
        ("$ 0.019", 19_000, "USD"),
        ("$.5", 500_000, "USD"),
        ("$0", 0, "USD"),
        ("$1,234.50", 1_234_500_000, "USD"),
        ("$1,234,567.000001", 1_234_567_000_001, "USD"),
        ("US$3", 3_000_000, "USD"),
        ("USD 0.019", 19_000, "USD"),
        ("0.019 USD", 19_000, "USD"),
        ("usd0.019", 19_000, "USD"),
        ("$0.019 USD", 19_000, "USD"),
        ("$5 CAD", 5_000_000, "CAD"),
        ("CA$5", 5_000_000, "CAD"),
        ("USD$5", 5_000_000, "USD"),
        ("€0,019", 19_000, "EUR"),
        ("0,019 €", 19_000, "EUR"),
        ("1,23 €", 1_230_000, "EUR"),
        ("1.234,56 €", 1_234_560_000, "EUR"),
        ("1 234,56 €", 1_234_560_000, "EUR"),
        ("1\u{202f}234,56\u{a0}€", 1_234_560_000, "EUR"),
        ("CHF 1'234.50", 1_234_500_000, "CHF"),
        ("1.234.567 EUR", 1_234_567_000_000, "EUR"),
        ("£12", 12_000_000, "GBP"),
        ("¥1,200", 1_200_000_000, "JPY"),
        ("CN¥12", 12_000_000, "CNY"),
        ("₹1,23,456.00", 123_456_000_000, "INR"),
        ("-$0.02", -20_000, "USD"),
        ("$-0.02", -20_000, "USD"),
        ("\u{2212}$0.02", -20_000, "USD"),
        ("($0.02)", -20_000, "USD"),
        ("$0.02-", -20_000, "USD"),
        ("+$0.02", 20_000, "USD"),
        ("$999999999999.999999", MAX_MICROS, "USD"),
        ("$0.0190000000", 19_000, "USD"),
    ];
    for (text, micros, currency) in cases {
        assert_eq!(read(text), Some((*micros, Some((*currency).to_owned()))), "{text}");
    }
    assert_eq!(read("0.019"), Some((19_000, None)));
    assert_eq!(read("1,234"), Some((1_234_000_000, None)));
    assert_eq!(read("12,5"), Some((12_500_000, None)));
}

#[test]
fn ambiguous_symbols_have_no_currency() {
    for text in ["kr 12", "12 kr", "12 kr.", "Kr12", "Rs. 12", "₨12", "12 Fr."] {
        assert_eq!(read(text), Some((12_000_000, None)), "{text}");
    }
    assert_eq!(read("kr 12 SEK"), Some((12_000_000, Some("SEK".to_owned()))));
    assert_eq!(read("-kr 0,5"), Some((-500_000, None)));
}

#[test]
fn inexact_text_is_none() {
    for text in [
        "",
        " ",
        "<string>",
        "free",
        "$",
        "-",
        "USD",
        "$0.0000001",
        "$1000000000000",
        "--$1",
        "-($1)",
        "$1 €",
        "€5 USD",
        "$1.2.3",
        "$1,23.4,5",
        "1,,234",
        "kr 5 USD",
        "kr kr 5",
        "Rs.12",
        "$0.019/min",
        "1e3",
        "0x10",
        "$1 to $2",
        "€€5",
        "１２",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn display_parses_back(
        micros in -MAX_MICROS..=MAX_MICROS,
        currency in proptest::option::of("[A-Z]{3}"),
    ) {
        let charge = Charge { micros, currency: currency.map(Cow::Owned) };
        prop_assert_eq!(Charge::parse(&charge.to_string()), Some(charge));
    }

    #[test]
    fn grouped_text_with_symbol_parses_back(micros in 0..=MAX_MICROS, which in 0..SYMBOLS.len()) {
        let (symbol, code) = SYMBOLS[which];
        let mut integer = (micros / 1_000_000).to_string();
        let mut at = integer.len();
        while at > 3 {
            at -= 3;
            integer.insert(at, ',');
        }
        let expected = Charge { micros, currency: Some(Cow::Borrowed(code)) };
        let text = format!("{symbol}{integer}.{:06}", micros % 1_000_000);
        prop_assert_eq!(Charge::parse(&text), Some(expected));
    }

    #[test]
    fn any_text_parses_without_a_panic(text in "\\PC*") {
        let _ = Charge::parse(&text);
    }

    #[test]
    fn charge_like_text_parses_without_a_panic(text in "[-+$€(),. '0-9A-Z\u{a0}]{0,14}") {
        if let Some(charge) = Charge::parse(&text) {
            prop_assert_eq!(Charge::parse(&charge.to_string()), Some(charge));
        }
    }
}
