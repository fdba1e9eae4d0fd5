//! Which commands there are.

/// A command: its name, what it takes, and what it does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CommandHelp {
    pub(crate) name: &'static str,
    takes: &'static str,
    does: &'static str,
}

const fn command(name: &'static str, takes: &'static str, does: &'static str) -> CommandHelp {
    CommandHelp { name, takes, does }
}

/// The commands, in the groups that help shows.
pub(crate) const COMMANDS: [(&str, &[CommandHelp]); 5] = [
    (
        "The lake",
        &[
            command("d", "[TABLE]", "the tables, or the columns of one and what they mean"),
            command("l", "", "the days that the lake holds, and what was fetched of them"),
            command("df", "[TEXT]", "the functions whose names have TEXT in them"),
            command(
                "attach",
                "NAME FILE [(COLUMN TYPE, …)]",
                "read a .csv, .tsv or .parquet file as a table; delimiter=; and header=off if not detected",
            ),
            command("detach", "NAME", "take such a table away"),
        ],
    ),
    (
        "Statements",
        &[
            command(
                "run",
                "[NAME [KEY=VALUE …]]",
                "ask a named question; without one, list them; with KEY=?, describe it",
            ),
            command("g", "[FILE]", "run the statement before it, or the last one again; into FILE"),
            command("gx", "", "the same, each row's values below each other"),
            command("watch", "[SECONDS] [c=TIMES]", "run it every 2 or so many seconds, until Ctrl-C"),
            command(
                "explain",
                "[STATEMENT]",
                "run it or the last one, and show files ruled out, rows read and the plan",
            ),
            command(
                "e",
                "[FILE]",
                "edit the last statement in $VISUAL or $EDITOR, and run it if it ends with ;",
            ),
            command("p", "", "show it"),
            command("r", "", "drop the statement that was begun"),
        ],
    ),
    (
        "Answers",
        &[
            command("x", "[on|off]", "each row's values below each other"),
            command(
                "format",
                "[NAME]",
                "table, markdown, html, csv, tsv, json, ndjson, xlsx, parquet, arrow",
            ),
            command("timing", "[on|off]", "time and files read below each answer"),
            command("pager", "[on|off]", "the pager for what is longer than the screen"),
            command("chart", "[bar|line] [NAMES] [NUMBERS]", "the last answer as a chart; of these columns"),
        ],
    ),
    (
        "Files",
        &[
            command("i", "FILE", "run a file's statements and commands"),
            command("o", "[FILE|-]", "write answers to FILE from now on; - or nothing: to the screen"),
            command(
                "copy",
                "TABLE|(QUERY) TO FILE [FORMAT]",
                "write one answer to a file, in the format of its name",
            ),
        ],
    ),
    (
        "The prompt",
        &[
            command("set", "[NAME [VALUE …]]", "a variable, for :name, :'name' and :\"name\" in statements"),
            command("unset", "NAME", "take it away"),
            command("echo", "[TEXT …]", "say something, in a script"),
            command("q", "", "leave; so does Ctrl-D"),
            command("?", "", "this list"),
        ],
    ),
];

/// All commands, a line each.
pub(crate) fn text() -> String {
    let usage = |command: &CommandHelp| format!("\\{} {}", command.name, command.takes).trim_end().to_owned();
    let all = || COMMANDS.iter().flat_map(|(_, commands)| commands.iter());
    let widest = all().map(|command| usage(command).chars().count()).max().unwrap_or(0);
    let groups = COMMANDS.iter().map(|(group, commands)| {
        let lines = commands.iter().map(|command| format!("  {:widest$}  {}", usage(command), command.does));
        std::iter::once((*group).to_owned()).chain(lines).collect::<Vec<_>>().join("\n")
    });
    let groups = groups.collect::<Vec<_>>().join("\n\n");
    format!(
        "{groups}\n\nA statement ends with ; and may go over several lines. Tab completes, Ctrl-R searches, Ctrl-C cancels."
    )
}

/// What to say of a command that there is not: which comes near.
pub(super) fn near(name: &str) -> String {
    let all = COMMANDS.iter().flat_map(|(_, commands)| commands.iter());
    let best = all
        .map(|command| (strsim::damerau_levenshtein(name, command.name), command.name))
        .filter(|(changes, best)| *changes < best.len().max(2))
        .min();
    best.filter(|(changes, _)| *changes <= 2).map(|(_, name)| format!(", but \\{name}")).unwrap_or_default()
}
