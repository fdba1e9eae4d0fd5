//! Commands of the shell with their help.

use std::fmt;
use std::str::FromStr;

/// A command of the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Lists the tables, or the columns of one.
    Describe,
    /// Lists the days of the lake.
    Days,
    /// Lists the functions.
    Functions,
    /// Reads a file as a table.
    Attach,
    /// Removes an attached table.
    Detach,
    /// Runs a named query.
    Run,
    /// Runs the statement before it, or the last one.
    Go,
    /// As [`Go`](Self::Go), with expanded display.
    GoExpanded,
    /// Runs a statement at intervals.
    Watch,
    /// Runs a statement and shows its plan and costs.
    Explain,
    /// Opens a statement or a file in the editor.
    Edit,
    /// Shows the last statement.
    Print,
    /// Drops the unfinished statement.
    Reset,
    /// Switches expanded display.
    Expanded,
    /// Switches exact values of named queries.
    Exact,
    /// Sets the output format.
    Format,
    /// Switches the line with time and files read.
    Timing,
    /// Switches the pager.
    Pager,
    /// Draws the last result.
    Chart,
    /// Runs a file.
    Include,
    /// Sets the file that results are written to.
    Output,
    /// Writes one result to a file.
    Copy,
    /// Sets a variable.
    Set,
    /// Removes a variable.
    Unset,
    /// Prints text.
    Echo,
    /// Ends the script or the shell.
    Quit,
    /// Lists the commands.
    Help,
}

/// Commands in the groups and order of the help text.
const GROUPS: [(&str, &[Command]); 5] = [
    ("The lake", &[Command::Describe, Command::Days, Command::Functions, Command::Attach, Command::Detach]),
    (
        "Statements",
        &[
            Command::Run,
            Command::Go,
            Command::GoExpanded,
            Command::Watch,
            Command::Explain,
            Command::Edit,
            Command::Print,
            Command::Reset,
        ],
    ),
    (
        "Results",
        &[
            Command::Expanded,
            Command::Exact,
            Command::Format,
            Command::Timing,
            Command::Pager,
            Command::Chart,
        ],
    ),
    ("Files", &[Command::Include, Command::Output, Command::Copy]),
    ("The shell", &[Command::Set, Command::Unset, Command::Echo, Command::Quit, Command::Help]),
];

/// Other names of commands.
const ALIASES: [(&str, Command); 12] = [
    ("dt", Command::Describe),
    ("dv", Command::Describe),
    ("d+", Command::Describe),
    ("include", Command::Include),
    ("out", Command::Output),
    ("edit", Command::Edit),
    ("print", Command::Print),
    ("reset", Command::Reset),
    ("quit", Command::Quit),
    ("exit", Command::Quit),
    ("h", Command::Help),
    ("help", Command::Help),
];

/// Name, arguments and effect of a command.
struct CommandHelp {
    name: &'static str,
    arguments: &'static str,
    effect: &'static str,
}

impl Command {
    /// Returns all commands, in the order of the help text.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        GROUPS.iter().flat_map(|(_, commands)| commands.iter().copied())
    }

    /// Returns the name, without the backslash.
    pub(crate) const fn name(self) -> &'static str {
        self.help().name
    }

    #[rustfmt::skip]
    const fn help(self) -> CommandHelp {
        let (name, arguments, effect) = match self {
            Self::Describe => ("d", "[TABLE]", "list the tables, or the columns of one with comments"),
            Self::Days => ("l", "", "list the days of the lake and their coverage"),
            Self::Functions => ("df", "[TEXT]", "list the functions with TEXT in their names"),
            Self::Attach => ("attach", "NAME FILE [(COLUMN TYPE, …)]",
                "read a .csv, .tsv or .parquet file as a table; delimiter=; and header=off if not detected"),
            Self::Detach => ("detach", "NAME", "remove an attached table"),
            Self::Run => ("run", "[NAME [KEY=VALUE …]]",
                "run a named query; without NAME, list them; with KEY=?, describe it"),
            Self::Go => ("g", "[FILE]", "run the current or last statement; write its result to FILE"),
            Self::GoExpanded => ("gx", "", "the same in expanded display"),
            Self::Watch => ("watch", "[SECONDS] [c=TIMES]",
                "run it every 2 (or SECONDS) seconds, until Ctrl-C"),
            Self::Explain => ("explain", "[STATEMENT]",
                "run it or the last statement, and show pruned files, rows read and the plan"),
            Self::Edit => ("e", "[FILE]",
                "edit the last statement in $VISUAL or $EDITOR, and run it if it ends with ;"),
            Self::Print => ("p", "", "show the last statement"),
            Self::Reset => ("r", "", "discard the unfinished statement"),
            Self::Expanded => ("x", "[on|off]", "show the values of each row below each other"),
            Self::Exact => ("exact", "[on|off]",
                "show all columns and exact values of named queries, without units"),
            Self::Format => ("format", "[NAME]",
                "set the format: table, markdown, html, csv, tsv, json, ndjson, xlsx, parquet, arrow"),
            Self::Timing => ("timing", "[on|off]", "show time and files read below each result"),
            Self::Pager => ("pager", "[on|off]", "page results that are longer than the screen"),
            Self::Chart => ("chart", "[bar|line] [NAMES] [NUMBERS]",
                "draw the last result, or these columns of it"),
            Self::Include => ("i", "FILE", "run a file's statements and commands"),
            Self::Output => ("o", "[FILE|-]",
                "write results to FILE from now on; - or nothing: to the terminal"),
            Self::Copy => ("copy", "TABLE|(QUERY) TO FILE [FORMAT]",
                "write one result to a file, in the format of its extension"),
            Self::Set => ("set", "[NAME [VALUE …]]",
                "set a variable, used as :name, :'name' and :\"name\""),
            Self::Unset => ("unset", "NAME", "remove a variable"),
            Self::Echo => ("echo", "[TEXT …]", "print text"),
            Self::Quit => ("q", "", "quit; also Ctrl-D"),
            Self::Help => ("?", "", "show this help"),
        };
        CommandHelp { name, arguments, effect }
    }
}

/// Error of an unknown command.
#[derive(Debug)]
pub(crate) struct UnknownCommand(String);

impl fmt::Display for UnknownCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown command \\{}", self.0)?;
        if let Some(name) = nearest(&self.0) {
            write!(f, "; did you mean \\{name}?")?;
        }
        f.write_str(" (\\? lists the commands)")
    }
}

impl std::error::Error for UnknownCommand {}

impl FromStr for Command {
    type Err = UnknownCommand;

    /// Parses a name or an alias, without the backslash.
    fn from_str(name: &str) -> Result<Self, UnknownCommand> {
        let alias = ALIASES.into_iter().find(|(alias, _)| *alias == name).map(|(_, command)| command);
        let command = alias.or_else(|| Self::all().find(|command| command.name() == name));
        command.ok_or_else(|| UnknownCommand(name.to_owned()))
    }
}

/// Returns the help text: all commands, one a line.
pub(crate) fn help() -> String {
    let usage = |command: Command| {
        let CommandHelp { name, arguments, .. } = command.help();
        format!("\\{name} {arguments}").trim_end().to_owned()
    };
    let widest = Command::all().map(|command| usage(command).chars().count()).max().unwrap_or(0);
    let groups = GROUPS.iter().map(|(group, commands)| {
        let lines = commands
            .iter()
            .map(|command| format!("  {:widest$}  {}", usage(*command), command.help().effect));
        std::iter::once((*group).to_owned()).chain(lines).collect::<Vec<_>>().join("\n")
    });
    let groups = groups.collect::<Vec<_>>().join("\n\n");
    format!(
        "{groups}\n\nA statement ends with ; and can span lines. Tab completes, Ctrl-R searches, Ctrl-C cancels."
    )
}

/// Command name at most two edits away.
fn nearest(name: &str) -> Option<&'static str> {
    let best = Command::all()
        .map(|command| (strsim::damerau_levenshtein(name, command.name()), command.name()))
        .filter(|(changes, best)| *changes < best.len().max(2))
        .min();
    best.filter(|(changes, _)| *changes <= 2).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_parse_by_name_and_alias() {
        for command in Command::all() {
            assert_eq!(command.name().parse::<Command>().unwrap(), command);
        }
        assert_eq!("exit".parse::<Command>().unwrap(), Command::Quit);
        assert_eq!("help".parse::<Command>().unwrap(), Command::Help);
        let error = "attch".parse::<Command>().unwrap_err().to_string();
        assert_eq!(error, "unknown command \\attch; did you mean \\attach? (\\? lists the commands)");
    }
}
