//! Help of every command, and shell completions.

use crate::support::{run, voxlake};

#[test]
fn the_help_equals_the_committed_texts() {
    trycmd::TestCases::new().case("../../tests/cmd/*.toml").run();
}

#[tokio::test]
async fn a_wrong_option_gets_a_suggestion() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(voxlake(folder.path()).args(["query", "abandonment_rate", "--timezon", "UTC"])).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("--timezone"), "{ran:?}");
}

#[tokio::test]
async fn every_shell_has_completions() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let out = run(voxlake(folder.path()).args(["completions", shell])).await.ok();
        assert!(out.contains("--skip-damaged") || out.contains("skip-damaged"), "{shell}");
    }
}
