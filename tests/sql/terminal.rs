//! The prompt in a pseudo-terminal.

use std::path::Path;
use std::process::Command;

use rexpect::session::{Options, PtySession, spawn_with_options};

use super::sql;
use crate::support::{project_root, sample};

/// Timeout of each step: a bound for a hanging test, not a measure of speed.
const TIMEOUT_MS: u64 = 60_000;
const PROMPT: &str = "voxlake> ";

/// The shell in a terminal, with a temporary folder as home.
pub(crate) struct Terminal(PtySession);

impl Terminal {
    /// Starts the shell in a terminal of 100 columns and `rows` lines, with environment `settings`.
    fn start(folder: &Path, lines: u16, settings: &[(&str, &str)]) -> Self {
        Self::sized(folder, 100, lines, settings)
    }

    /// Starts the shell and expects `notice` before the first prompt.
    fn start_after(folder: &Path, notice: &str) -> Self {
        let mut terminal = Self::opened(folder, 100, 40, &[]);
        terminal.sees(notice);
        terminal.sees(PROMPT);
        terminal
    }

    fn sized(folder: &Path, columns: u16, lines: u16, settings: &[(&str, &str)]) -> Self {
        let mut terminal = Self::opened(folder, columns, lines, settings);
        terminal.sees("\\q to leave.");
        terminal.sees(PROMPT);
        terminal
    }

    pub(crate) fn opened(folder: &Path, columns: u16, lines: u16, settings: &[(&str, &str)]) -> Self {
        let usual = sql(folder, &[]);
        let usual = usual.as_std();
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("stty cols {columns} rows {lines}; exec \"$@\"")).arg("sh");
        command.arg(usual.get_program()).args(usual.get_args()).current_dir(folder);
        for (name, value) in usual.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.env("TERM", "xterm").env("NO_COLOR", "1").env_remove("PAGER").env_remove("LESS");
        command.envs(settings.iter().copied());
        let options = Options::new().timeout_ms(Some(TIMEOUT_MS)).strip_ansi_escape_codes(true);
        Self(spawn_with_options(command, options).unwrap())
    }

    fn types(&mut self, keys: &str) {
        self.0.send(keys).unwrap();
        self.0.flush().unwrap();
    }

    /// Returns the output up to `text`.
    pub(crate) fn sees(&mut self, text: &str) -> String {
        // rexpect reads each byte as a character.
        let needle: String = text.bytes().map(char::from).collect();
        let seen =
            self.0.exp_string(&needle).map_err(|error| format!("{text:?} is not seen: {error}")).unwrap();
        let bytes = seen.chars().map(|c| u8::try_from(c).unwrap()).collect();
        String::from_utf8(bytes).unwrap()
    }

    /// Sends a line and returns the output up to the next prompt.
    pub(crate) fn answers(&mut self, line: &str, expected: &str) -> String {
        self.types(&format!("{line}\r"));
        let before = self.sees(expected);
        let after = self.sees(PROMPT);
        format!("{before}{expected}{after}")
    }

    pub(crate) fn leaves(mut self) {
        self.0.send_control('d').unwrap();
        self.0.exp_eof().unwrap();
    }
}

#[test]
fn names_and_values_are_completed_with_tab() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(folder.path(), 40, &[]);
    terminal.types("SELECT count(*) AS calls FROM queue_calls WHERE queue_na\t");
    terminal.sees("queue_name");
    terminal.types(" = 'Bil\t");
    terminal.sees("'Billing'");
    terminal.answers(";", "(1 row");
    terminal.types("\\run aban\t");
    terminal.sees("abandonment_rate");
    terminal.types(" by=to\t\r");
    terminal.sees("by=total");
    terminal.sees("(1 row");
    terminal.sees(PROMPT);
    terminal.types("\\timi\t\r");
    terminal.sees("Timing is off.");
    terminal.sees(PROMPT);
    terminal.leaves();
}

#[test]
fn statements_span_lines_and_stay_in_history() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(folder.path(), 40, &[]);
    terminal.types("SELECT 40\r");
    terminal.types("  + 2 AS answer\r");
    terminal.answers(";", "42");
    terminal.answers(" SELECT 'a blank before it keeps it out';", "(1 row");
    terminal.leaves();

    let history = folder.path().join(".local/state/voxlake/history");
    assert!(!std::fs::read_to_string(&history).unwrap().contains("a blank"));
    let mode = std::os::unix::fs::PermissionsExt::mode(&history.metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);

    let mut terminal = Terminal::start(folder.path(), 40, &[]);
    // By the up key, and by searching.
    terminal.answers("\x1b[A", "42");
    terminal.types("\x12answer");
    terminal.answers("\r", "42");
    terminal.leaves();
}

/// Runs in a process of its own: a shell forked from a process with the threads of other tests did
/// not always get SIGINT.
#[test]
fn ctrl_c_stops_a_statement_however_busy() {
    let inner = "sql::terminal::ctrl_c_stops_only_the_statement";
    let mut alone = Command::new(std::env::current_exe().unwrap());
    let ran = alone.args(["--ignored", "--exact", inner, "--test-threads=1"]).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
#[ignore = "run by ctrl_c_stops_a_statement_however_busy, alone in a process"]
fn ctrl_c_stops_only_the_statement() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(folder.path(), 40, &[]);
    for endless in [
        "SELECT count(*) FROM voice_calls a, voice_calls b, voice_calls c WHERE a.total_duration * b.total_duration + c.total_duration = -1;",
        "SELECT count(*) FROM (SELECT unnest(generate_series(1, 100000)) AS n) a, (SELECT unnest(generate_series(1, 100000)) AS n) b WHERE a.n * b.n % 7 = 9;",
    ] {
        terminal.types(&format!("{endless}\r"));
        terminal.sees("(Ctrl-C cancels)");
        terminal.0.send_control('c').unwrap();
        terminal.sees("cancelled");
        terminal.sees(PROMPT);
        terminal.answers("SELECT 6 * 7 AS answer;", "42");
    }
    terminal.types("SELECT this is dropped");
    terminal.0.send_control('c').unwrap();
    // The prompt is redrawn with each key. The one that counts is on a line of its own; input
    // before it is discarded.
    terminal.sees("\n");
    terminal.sees(PROMPT);
    terminal.answers("SELECT 6 * 7 AS answer;", "42");
    terminal.leaves();
}

#[test]
fn long_output_goes_through_the_pager() {
    let folder = tempfile::tempdir().unwrap();
    let pager = [("VOXLAKE_PAGER", "sed 's/^/paged:/'")];
    let mut terminal = Terminal::start(folder.path(), 12, &pager);
    let shown = terminal.answers("SELECT unnest(generate_series(1, 30)) AS n;", "(30 rows");
    assert!(shown.contains("paged:"), "{shown}");
    let shown = terminal.answers("SELECT unnest(generate_series(1, 3)) AS n;", "(3 rows");
    assert!(!shown.contains("paged:"), "{shown}");
    terminal.answers("\\pager off", "Pager is off.");
    let shown = terminal.answers("SELECT unnest(generate_series(1, 30)) AS n;", "(30 rows");
    assert!(!shown.contains("paged:"), "{shown}");
    terminal.leaves();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_paged_in_a_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = sql(folder.path(), &["-c", "SELECT unnest(generate_series(1, 300)) AS n"]);
    let out = crate::support::run(command.env("PAGER", "false").env("VOXLAKE_PAGER", "false")).await.ok();
    assert!(out.contains("\n 300\n") && out.ends_with("(300 rows)\n"), "{out}");
}

#[test]
fn answers_are_copied_drawn_fitted_and_disarmed() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(folder.path(), 50, &[]);
    terminal.answers("\\copy (SELECT 1 AS one) TO one.csv", "COPY 1");
    assert_eq!(std::fs::read_to_string(folder.path().join("one.csv")).unwrap(), "one\n1\n");
    let shown = terminal.answers("SELECT * FROM voice_calls LIMIT 1;", "(1 row");
    assert!(
        shown.contains("columns that do not fit") && shown.lines().all(|line| line.chars().count() <= 100),
        "{shown}"
    );
    terminal.answers("SELECT result, count(*) AS n FROM voice_calls GROUP BY 1;", "rows");
    terminal.answers("\\chart", "█");
    terminal.answers("\\format csv", "format is csv");
    let shown = terminal.answers("SELECT concat('a', chr(27), '[31mb') AS word;", "\\u{1b}[31mb");
    assert!(!shown.contains('\x1b'), "{shown:?}");
    terminal.answers("SELECT nothing;", "there is no column nothing");
    terminal.leaves();
}

/// A terminal executes escape sequences in call data; a pipe passes them on.
#[test]
fn csv_on_a_terminal_is_escaped() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_voxlake"));
    command.current_dir(folder.path()).env("TERM", "xterm").env("VOXLAKE_LAKE", sample());
    command.args(["query", "--format", "csv", "-c", "SELECT concat('a', chr(27), '[31mb') AS word"]);
    let options = Options::new().timeout_ms(Some(TIMEOUT_MS)).strip_ansi_escape_codes(false);
    let mut terminal = spawn_with_options(command, options).unwrap();
    let seen = terminal.exp_eof().unwrap();
    assert!(seen.contains("\\u{1b}[31mb") && !seen.contains("a\x1b[31m"), "{seen:?}");
}

#[test]
fn an_oversized_history_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let history = folder.path().join(".local/state/voxlake/history");
    std::fs::create_dir_all(history.parent().unwrap()).unwrap();
    std::fs::File::create(&history).unwrap().set_len((16 << 20) + 1).unwrap();
    let mut terminal = Terminal::start_after(folder.path(), "is too large and is not read");
    terminal.answers("SELECT 6 * 7 AS answer;", "42");
    terminal.leaves();
}

#[test]
fn a_statement_is_edited_and_run() {
    let folder = tempfile::tempdir().unwrap();
    let editor = [("EDITOR", "sed -i 's/40/30/'"), ("VISUAL", "")];
    let mut terminal = Terminal::start(folder.path(), 40, &editor);
    terminal.answers("SELECT 40 + 2 AS answer;", "42");
    terminal.answers("\\e", "32");
    // A statement without a semicolon stays at the next prompt.
    terminal.types("SELECT 40 + 5 AS answer \\e\r");
    terminal.sees("SELECT 30 + 5 AS answer");
    terminal.sees(PROMPT);
    terminal.answers(";", "35");
    terminal.leaves();
}

/// Sends the lines of the README's session to the shell.
const SESSION: &str = "\
SELECT queue_name, count(*) AS calls, sum(charge_split) AS charge
FROM queue_calls GROUP BY queue_name ORDER BY calls DESC LIMIT 5;
\\chart queue_name calls
SELECT queue_nam FROM queue_calls;
\\run abandonment_rate period=2026-11-03 by=total
\\attach staffing staffing.csv
SELECT queue_name, agents, count(*) AS calls FROM staffing JOIN queue_calls USING (queue_name) GROUP BY 1, 2 ORDER BY 1;
\\copy (SELECT * FROM days) TO days.xlsx
DELETE FROM voice_calls;
\\q
";

/// Replaces durations, which differ between runs.
fn without_seconds(text: &str) -> String {
    let is_seconds = |word: &str| word.trim_start_matches('(').parse::<f64>().is_ok() && word.contains('.');
    let lines = text.lines().map(|line| {
        let timed = line.contains(" day files read, in ") || line.trim_start().starts_with("COPY ");
        if !timed {
            return line.trim_end().to_owned();
        }
        line.split(' ').map(|word| if is_seconds(word) { "…" } else { word }).collect::<Vec<_>>().join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The README shows the program's output. `README=write` updates it.
#[test]
fn the_readme_session_is_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("staffing.csv"), "queue_name,agents\nBilling,6\nTechnical Support,9\n")
        .unwrap();
    // A dumb terminal, so that the output is plain text.
    let mut terminal = Terminal::sized(folder.path(), 116, 60, &[("TERM", "dumb")]);
    let mut said = String::new();
    for line in SESSION.lines() {
        said.push_str(&format!(
            "{}{line}\n",
            if said.is_empty() || said.ends_with("\n\n") { PROMPT } else { "" }
        ));
        terminal.types(&format!("{line}\n"));
        if line == "\\q" {
            break;
        }
        if line.ends_with(';') || line.starts_with('\\') {
            let answer = terminal.sees(PROMPT);
            said.push_str(answer.replace('\r', "").trim_end());
            said.push_str("\n\n");
        }
    }
    terminal.0.exp_eof().unwrap();
    let indented = |text: &str| {
        let lines = text.trim_end().lines().map(|line| format!("    {line}").trim_end().to_owned());
        lines.collect::<Vec<_>>().join("\n")
    };
    let readme = std::fs::read_to_string(project_root().join("README.md")).unwrap();
    let (begin, end) = ("<!-- output of `voxlake sql` -->\n\n", "\n\n<!-- end of output -->");
    let from = readme.find(begin).unwrap() + begin.len();
    let to = from + readme[from..].find(end).unwrap();
    if std::env::var("README").is_ok_and(|value| value == "write") {
        let new = format!("{}{}{}", &readme[..from], indented(&said), &readme[to..]);
        std::fs::write(project_root().join("README.md"), new).unwrap();
        return;
    }
    assert_eq!(without_seconds(&readme[from..to]), without_seconds(&indented(&said)));
}
