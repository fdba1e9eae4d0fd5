use std::time::{Duration, Instant};

use super::*;

/// Builds a mention from id, lesser id and name; empty texts are missing.
fn mention<'a>((id, lesser_id, name): (&'a str, &'a str, &'a str)) -> Mention<'a> {
    let text = |text: &'a str| (!text.is_empty()).then_some(text);
    Mention { id: text(id), lesser_id: text(lesser_id), name: text(name) }
}

/// Returns the ids of the entities, and the id of the entity that each entry names.
fn resolved<'a>(resolver: &mut Resolver<'a>, mentions: &[(&'a str, &'a str, &'a str)]) -> (String, String) {
    resolver.resolve(mentions.iter().copied().map(mention));
    let ids = resolver.entities().iter().map(|entity| entity.id).collect::<Vec<_>>();
    let id_of = |entry| resolver.entity_index(entry).map_or("-", |index| ids[index]);
    let entries = (0..mentions.len()).map(id_of).collect::<Vec<_>>();
    (ids.join(" "), entries.join(" "))
}

fn entities(mentions: &[(&str, &str, &str)]) -> String {
    resolved(&mut Resolver::new(), mentions).0
}

fn entries(mentions: &[(&str, &str, &str)]) -> String {
    resolved(&mut Resolver::joining_by_name(), mentions).1
}

#[test]
fn identity_is_the_id() {
    assert_eq!(entities(&[("q1", "", "Sales"), ("q2", "", "Sales"), ("q1", "", "Vertrieb")]), "q1 q2");
    assert_eq!(entities(&[("", "", ""), ("q1", "", "")]), "q1");
    assert_eq!(entities(&[]), "");
}

#[test]
fn names_join_their_only_entity() {
    // The entry with the id may come later.
    assert_eq!(entries(&[("", "", "Sales"), ("q1", "", "Sales"), ("", "", "")]), "q1 q1 -");
    assert_eq!(entries(&[("q1", "", "Sales"), ("q1", "", "Vertrieb"), ("", "", "Vertrieb")]), "q1 q1 q1");
    assert_eq!(entries(&[("q1", "", "Sales"), ("q2", "", "Sales"), ("", "", "Sales")]), "q1 q2 Sales");
    assert_eq!(entries(&[("q1", "", "Sales"), ("", "", "Care"), ("", "", "Care")]), "q1 Care Care");
}

#[test]
fn lesser_ids_join_their_only_id() {
    assert_eq!(entries(&[("", "o", ""), ("n", "o", "Sales"), ("", "o", "")]), "n n n");
    assert_eq!(entries(&[("n", "o", ""), ("m", "o", ""), ("", "o", "")]), "n m o");
    assert_eq!(entries(&[("", "o", "Sales"), ("", "p", "Sales"), ("", "", "Sales")]), "o p Sales");
}

#[test]
fn unique_names_join_ids_and_lesser_ids() {
    let mentions = [("", "o", "Sales"), ("", "p", "Care"), ("n", "", "Sales")];
    assert_eq!(entries(&mentions), "n p n");
    // Agents are not joined by name: two people may have the same name.
    assert_eq!(entities(&mentions), "o p n");
    assert_eq!(entries(&[("", "o", "Sales"), ("n", "", "Sales"), ("m", "", "Sales")]), "o n m");
    assert_eq!(entries(&[("", "o", "Sales"), ("n", "p", "Sales")]), "o n");
    assert_eq!(entries(&[("", "o", "Sales"), ("", "p", "Sales"), ("n", "", "Sales")]), "o p n");
}

#[test]
fn one_text_is_one_entity() {
    assert_eq!(entries(&[("x", "", "Sales"), ("", "x", "Care"), ("", "", "x")]), "x x x");
}

#[test]
fn resolver_forgets_previous_calls() {
    let mut resolver = Resolver::joining_by_name();
    assert_eq!(resolved(&mut resolver, &[("q1", "", "Sales")]).0, "q1");
    assert_eq!(resolved(&mut resolver, &[("", "", "Sales")]).0, "Sales");
}

#[test]
fn first_name_wins() {
    let mut resolver = Resolver::new();
    resolver.resolve([("q1", "", ""), ("q1", "", "Sales"), ("q1", "", "Vertrieb")].map(mention));
    assert_eq!(resolver.entities(), [Identity { id: "q1", name: Some("Sales") }]);
    let names = [(0, None), (0, Some("Sales")), (0, Some("Vertrieb"))];
    assert_eq!(resolver.names().collect::<Vec<_>>(), names);
}

#[test]
fn resolving_takes_linear_time() {
    let texts = (0..100_000).map(|i| i.to_string()).collect::<Vec<_>>();
    let (mut resolver, begun) = (Resolver::joining_by_name(), Instant::now());
    let ids = texts.iter().map(|text| Mention { id: Some(text), lesser_id: Some(text), name: Some(text) });
    let names = texts.iter().map(|text| Mention { name: Some(text), ..Mention::default() });
    resolver.resolve(ids.chain(names));
    assert_eq!(resolver.entities().len(), texts.len());
    assert_eq!(resolver.entity_index(150_000), Some(50_000));
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}
