//! Pages of `docs/how-to`. Their commands run word for word.

use std::path::Path;

use tempfile::TempDir;
use tokio::process::Command;

use crate::support::project_root;

/// A page, and a folder in which its commands run.
pub(crate) struct HowTo {
    page: String,
    pub(crate) folder: TempDir,
    /// Folders of programs besides that of the binary under test.
    programs: Vec<String>,
}

impl HowTo {
    /// Reads the page `docs/how-to/NAME.md`.
    pub(crate) fn new(name: &str) -> Self {
        let file = project_root().join(format!("docs/how-to/{name}.md"));
        let page = std::fs::read_to_string(file).unwrap();
        Self { page, folder: tempfile::tempdir().unwrap(), programs: Vec::new() }
    }

    /// Adds a folder of programs that the commands use.
    pub(crate) fn with_programs(mut self, folder: &Path) -> Self {
        self.programs.push(folder.display().to_string());
        self
    }

    /// Replaces `text`, which must be in the page, by a value of this machine, such as a free port.
    pub(crate) fn replace(&mut self, text: &str, with: &str) {
        assert!(self.page.contains(text), "{text:?} is not in the page");
        self.page = self.page.replace(text, with);
    }

    /// Returns the contents of the blocks in a language, such as `sh`.
    pub(crate) fn blocks(&self, language: &str) -> Vec<&str> {
        let opening = format!("```{language}\n");
        let blocks = self.page.split(&opening).skip(1);
        blocks.map(|rest| rest.split_once("```").unwrap().0).collect()
    }

    /// Returns a shell that runs the blocks in `sh` in their order, then `more`, and then ends
    /// background processes. Commands that install programs are left out.
    pub(crate) fn shell(&self, more: &str) -> Command {
        let installs = |line: &&str| line.starts_with("pip ") || line.starts_with("cargo ");
        let mut script = String::new();
        for line in self.blocks("sh").iter().flat_map(|block| block.lines()).filter(|line| !installs(line)) {
            script.extend([line, "\n"]);
        }
        script.push_str(more);
        self.script(&script)
    }

    /// Returns a shell that runs `script`, and then ends background processes.
    pub(crate) fn script(&self, script: &str) -> Command {
        let script = format!("set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{script}");
        let binary = Path::new(env!("CARGO_BIN_EXE_voxlake")).parent().unwrap().display().to_string();
        let mut folders = self.programs.clone();
        folders.extend([binary, std::env::var("PATH").unwrap()]);
        let mut shell = Command::new("bash");
        shell.args(["-c", &script]).env("PATH", folders.join(":")).current_dir(self.folder.path());
        shell.kill_on_drop(true);
        shell
    }
}
