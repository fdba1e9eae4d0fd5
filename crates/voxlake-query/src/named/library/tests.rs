//! Names that are found, and folders of a user's own.

use std::fs::write;

use super::*;

const OWN: &str =
    "-- title: t\n-- description:\n--   d\n-- column: one integer (calls)\n--   o\nSELECT 1 AS one";

fn refusal(folder: &Path) -> String {
    QueryLibrary::shipped().unwrap().with_folder(folder).unwrap_err().to_string()
}

#[test]
fn shipped_queries_are_sorted_by_name() {
    let names = QueryLibrary::shipped().unwrap().iter().map(|query| query.name.clone()).collect::<Vec<_>>();
    assert!(names.is_sorted(), "{names:?}");
}

#[test]
fn every_file_of_queries_is_shipped() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../queries");
    let files = QueryLibrary(Vec::new()).with_folder(&folder).unwrap();
    let shipped = QueryLibrary::shipped().unwrap();
    assert!(
        files.iter().eq(shipped.iter()),
        "{:?}",
        files.iter().map(|query| &query.name).collect::<Vec<_>>()
    );
}

#[test]
fn benchmark_contains_every_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../queries/bench");
    let mut files = QueryLibrary(Vec::new()).with_folder(&folder).unwrap().0;
    if let Ok(summaries) = QueryLibrary(Vec::new()).with_folder(&folder.join("summaries")) {
        let second = |query: NamedQuery| NamedQuery { name: format!("{}.summaries", query.name), ..query };
        files.extend(summaries.0.into_iter().map(second));
    }
    let mut suite = QueryLibrary::benchmark().unwrap().0;
    files.sort_by(|a, b| a.name.cmp(&b.name));
    suite.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(files, suite);
}

#[test]
fn similar_names_are_suggested() {
    let catalog = QueryLibrary::shipped().unwrap();
    for near in ["abandonment-rate", "abandonement_rate", "abandonment"] {
        let error = catalog.get(near).unwrap_err().to_string();
        assert_eq!(error, format!("there is no query {near:?}; there is abandonment_rate"));
    }
    let error = catalog.get("weather").unwrap_err().to_string();
    assert!(error.contains("duration_percentiles") && error.contains("queue_charges"), "{error}");
}

#[test]
fn folder_extends_the_library() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path().join("my_calls.sql"), OWN).unwrap();
    write(folder.path().join("notes.txt"), "no query").unwrap();
    let catalog = QueryLibrary::shipped().unwrap().with_folder(folder.path()).unwrap();
    assert_eq!(catalog.get("my_calls").unwrap().title, "t");
    assert!(catalog.get("queue_charges").is_ok());
    assert!(catalog.iter().map(|query| &query.name).is_sorted());
}

#[test]
fn unusable_folders_name_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    assert!(refusal(&folder.path().join("none")).contains("none: it cannot be read"));

    let own = folder.path().join("my_calls.sql");
    write(&own, OWN.replace("title", "titel")).unwrap();
    assert_eq!(
        refusal(folder.path()),
        format!(
            "query file {}, line 1: \"titel\" is no title, description, reads-before, notices, parameter or column",
            own.display()
        )
    );

    write(&own, [0x80]).unwrap();
    assert!(refusal(folder.path()).contains("my_calls.sql: it cannot be read"));

    std::fs::remove_file(&own).unwrap();
    write(folder.path().join("queue_charges.sql"), OWN).unwrap();
    let error = refusal(folder.path());
    assert!(error.ends_with("there is a query queue_charges already: give it another name"), "{error}");
}
