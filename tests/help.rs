//! Help of every command, and shell completions.

use crate::support::{run, voxlake};

/// Commands whose help differs in a build with the feature `cluster` are in a folder of their own.
#[test]
fn the_help_equals_the_committed_texts() {
    let cases = trycmd::TestCases::new();
    cases.case("../../tests/cmd/*.toml");
    if cfg!(feature = "cluster") {
        cases.case("../../tests/cmd/cluster/*.toml");
    }
    cases.run();
}

#[cfg(feature = "cluster")]
#[tokio::test]
async fn every_shell_completes_cluster_commands() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let out = run(voxlake(folder.path()).args(["completions", shell])).await.ok();
        for word in ["cluster", "executor", "work-folder", "engine"] {
            assert!(out.contains(word), "{word}: {shell}");
        }
    }
}

/// Without the feature `cluster`, an engine in the configuration is an error with its remedy.
#[cfg(not(feature = "cluster"))]
#[tokio::test]
async fn engines_need_another_build() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("voxlake.toml"), "engine = 'ballista://127.0.0.1:50050'\n").unwrap();
    let mut command = voxlake(folder.path());
    command.args(["query", "-c", "SELECT 1 AS one", "--lake"]).arg(crate::support::sample());
    let ran = run(&mut command).await;
    assert!(ran.code == 2 && ran.err.contains("build it with --features cluster"), "{ran:?}");
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
