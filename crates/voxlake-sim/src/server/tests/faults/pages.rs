//! Faults of the records on a page and of its count.

use super::*;

#[tokio::test]
async fn page_twice_loses_records_for_one_read() {
    let fixture = scripted([(3, Fault::PageTwice)]).await;
    let calls = ids_of(fixture.centre.calls(day(17), day(18)));
    let records = ids(&fixture.walk(&DAY).await);
    assert_eq!(records.len(), calls.len());
    assert_eq!(records[..200], calls[..200]);
    assert_eq!(records[200..300], calls[100..200]);
    assert_eq!(records[300..], calls[300..]);
    assert_eq!(ids(&fixture.walk(&DAY).await), calls);
}

#[tokio::test]
async fn a_first_page_has_none_before_it() {
    let fixture = scripted([(1, Fault::PageTwice), (2, Fault::PageTokenDies)]).await;
    assert_eq!(fixture.ok(&DAY).await, fixture.ok(&DAY).await);
    assert_eq!(logged_faults(&fixture), [(1, Some(200), None), (2, Some(200), None)]);
}

/// Returns all records and page tokens of a day, regardless of the count.
async fn walk_on(fixture: &Fixture) -> (Vec<String>, Vec<String>) {
    let (mut records, mut tokens) = (Vec::new(), vec![String::new()]);
    loop {
        let token = tokens.last().unwrap().clone();
        let page = fixture.ok(&[&DAY[..], &[("next_page_token", &token)]].concat()).await;
        records.extend(ids(page["voice_calls"].as_array().unwrap()));
        match page["next_page_token"].as_str().unwrap() {
            "" => return (records, tokens),
            token => tokens.push(token.to_owned()),
        }
    }
}

#[tokio::test]
async fn repeated_pages_and_records_lose_nothing() {
    let fixture = scripted([(2, Fault::PageAgain), (5, Fault::RecordTwice)]).await;
    let calls = ids_of(fixture.centre.calls(day(17), day(18)));
    let (records, mut tokens) = walk_on(&fixture).await;
    // The third page repeats the second. The fifth starts with the last record of the fourth.
    assert_eq!(records.len(), calls.len() + 101);
    assert_eq!(records[200..300], records[100..200]);
    assert_eq!(records[500], records[499]);
    let mut distinct = records;
    distinct.sort();
    distinct.dedup();
    let mut calls = calls;
    calls.sort();
    assert_eq!(distinct, calls);
    let count = tokens.len();
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), count, "no page token comes twice");
}

#[tokio::test]
async fn the_count_moves_in_one_answer() {
    let moves = [(2, 3), (3, -3), (4, i64::MIN), (5, 0)];
    let fixture = scripted(moves.map(|(number, by)| (number, Fault::TotalMoves(by)))).await;
    let total = fixture.ok(&DAY).await["total_records"].as_u64().unwrap();
    for expected in [total + 3, total - 3, 0, total] {
        assert_eq!(fixture.ok(&DAY).await["total_records"], expected);
    }
    assert_eq!(logged_faults(&fixture)[4].2, None);
}
