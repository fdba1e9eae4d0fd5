//! Files: scripts that are included, answers that are copied, tables that are attached, and the editor.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, anyhow, bail};
use voxlake_query::lexeme::{Kind, lexemes};
use voxlake_report::escape_control_chars;
use voxlake_shell::AttachOptions;
use voxlake_shell::script::{Script, insert_variables};

use super::arguments::take_list;
use super::look;
use crate::commands::sql::failure::Origin;
use crate::commands::sql::script;
use crate::commands::sql::shell::{Flow, Last, Shell};
use crate::screen;

/// Files that may include each other before that counts as a mistake.
const DEEPEST: usize = 20;

pub(super) fn include(shell: &mut Shell, args: &[String]) -> anyhow::Result<Flow> {
    let [file] = args else { bail!("\\i FILE runs a file") };
    if shell.depth >= DEEPEST {
        bail!("{file} is included by {DEEPEST} files, each by the other: does one include itself?");
    }
    shell.depth += 1;
    let done = script::file_of(shell, Path::new(file));
    shell.depth -= 1;
    // A script that leaves ends itself, not whoever included it.
    done.map(|_| Flow::Go)
}

/// `\copy TABLE|(QUERY) TO FILE [FORMAT]`, as the statement that it stands for.
pub(super) fn copy(shell: &mut Shell, rest: &str, origin: &Origin) -> anyhow::Result<()> {
    let rest = insert_variables(rest.trim_end_matches(';'), |name| shell.variables.get(name).cloned());
    let usage = || anyhow!("\\copy TABLE TO FILE, or \\copy (QUERY) TO FILE; a format may follow");
    let is_to = |word: &str| word.eq_ignore_ascii_case("to");
    // The one outside of brackets: a query may have others in it.
    let mut depth = 0_i32;
    let mut to = None;
    for lexeme in lexemes(&rest) {
        match (lexeme.kind, &rest[lexeme.place.clone()]) {
            (Kind::Sign, "(") => depth += 1,
            (Kind::Sign, ")") => depth -= 1,
            (Kind::Word, word) if depth == 0 && is_to(word) => to = to.or(Some(lexeme.place)),
            _ => {}
        }
    }
    let to = to.ok_or_else(usage)?;
    let (source, target) = (rest[..to.start].trim(), rest[to.end..].trim());
    let words = super::words(target, &shell.variables)?;
    let [file, options @ ..] = words.as_slice() else { return Err(usage()) };
    let options = options.iter().flat_map(|word| word.split(['(', ')', ',', ' '])).filter(|word| {
        !word.is_empty() && !["with", "format", "header", "true"].contains(&word.to_lowercase().as_str())
    });
    let stored = match options.collect::<Vec<_>>().as_slice() {
        [] => String::new(),
        [format] => format!(" STORED AS {format}"),
        _ => return Err(usage()),
    };
    if source.is_empty() {
        return Err(usage());
    }
    shell.sql(&format!("COPY {source} TO '{}'{stored}", file.replace('\'', "''")), origin)
}

/// `\attach NAME FILE [(COLUMN TYPE, …)] [delimiter=;] [header=on|off]`
pub(super) fn attach(shell: &mut Shell, rest: &str) -> anyhow::Result<()> {
    let (columns, rest) = take_list(rest)?;
    let words = super::words(&rest, &shell.variables)?;
    let [name, file, options @ ..] = words.as_slice() else {
        bail!("\\attach NAME FILE [(COLUMN TYPE, …)] reads a .csv, .tsv or .parquet file as the table NAME")
    };
    let options = attach_options(columns, options)?;
    let (workspace, own_name, path) = (shell.workspace.clone(), name.clone(), Path::new(file).to_owned());
    let work = async move { workspace.attach(&own_name, &path, &options).await };
    let (workspace, notices) = shell.engine.run(work, || {})??;
    shell.follow(workspace, true);
    for notice in notices {
        shell.notice(&notice)?;
    }
    shell.tell(&format!("{file} is the table {}.", name.to_lowercase()), None)
}

fn attach_options(columns: Option<String>, options: &[String]) -> anyhow::Result<AttachOptions> {
    let mut attach = AttachOptions { columns, ..AttachOptions::default() };
    for option in options {
        match option.split_once('=') {
            Some(("delimiter", "\\t" | "tab")) => attach.delimiter = Some(b'\t'),
            Some(("delimiter", sign)) => match sign.as_bytes() {
                [byte] => attach.delimiter = Some(*byte),
                _ => bail!("{option:?} is no single character such as delimiter=;"),
            },
            Some(("header", word)) => attach.header = Some(look::switch(word)?),
            _ => bail!("{option:?} is no option: there are delimiter=; and header=on or header=off"),
        }
    }
    Ok(attach)
}

pub(super) fn detach(shell: &mut Shell, args: &[String], origin: &Origin) -> anyhow::Result<()> {
    let [name] = args else { bail!("\\detach NAME takes a table of yours away") };
    shell.sql(&format!("DROP TABLE \"{}\"", name.to_lowercase().replace('"', "\"\"")), origin)
}

/// Lets the user edit a statement, or a file, and runs what is whole of it.
pub(super) fn edit(shell: &mut Shell, args: &[String], statement: Option<&str>) -> anyhow::Result<Flow> {
    if !shell.interactive {
        bail!("\\e needs a terminal");
    }
    let before = match (args, statement, &shell.last) {
        ([_], ..) | ([], None, None | Some(Last::Named(..))) => String::new(),
        ([], Some(statement), _) => statement.to_owned(),
        ([], None, Some(Last::Sql(sql, _))) => format!("{sql};\n"),
        _ => bail!("\\e takes one file"),
    };
    let temporary = tempfile::Builder::new().prefix("voxlake-").suffix(".sql").tempfile()?;
    std::fs::write(temporary.path(), &before)?;
    let path = args.first().map_or(temporary.path(), Path::new);
    let editor = screen::chosen(["VISUAL", "EDITOR"], "vi");
    let ended = Command::new("sh").arg("-c").arg(format!("{editor} \"$1\"")).arg("sh").arg(path).status();
    if !ended.with_context(|| format!("cannot start {editor}"))?.success() {
        bail!("{editor} failed, so nothing is run");
    }
    let after = voxlake_query::read_text_file(path)?;
    if args.is_empty() && after == before {
        return Ok(Flow::Go);
    }
    for line in after.trim_end().lines() {
        writeln!(std::io::stdout(), "{}", escape_control_chars(line))?;
    }
    let mut edited = Script::of(&after);
    let mut flow = Flow::Go;
    while let (Flow::Go, Some(piece)) = (flow, edited.next_piece()) {
        flow = shell.perform(piece, &Origin { file: None, line: 1 })?;
    }
    shell.begun = edited.take_rest().map(|rest| rest.sql);
    Ok(flow)
}
