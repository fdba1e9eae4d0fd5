//! Commands for files: included scripts, copies, attached tables, and the editor.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use crate::AttachOptions;
use crate::script::{Script, insert_variables};
use anyhow::{Context as _, anyhow, bail};
use voxlake_query::token::{TokenKind, tokenize};
use voxlake_report::escape_control_chars;

use super::arguments::{take_list, words};
use super::display;
use crate::failure::Origin;
use crate::repl::control::{ControlFlow, IncludedScript};
use crate::repl::state::{LastQuery, Shell};
use crate::repl::{show, statement};

/// Maximum depth of included files.
const MAX_INCLUDE_DEPTH: usize = 20;

pub(crate) fn include(shell: &mut Shell, args: &[String]) -> anyhow::Result<ControlFlow> {
    let [file] = args else { bail!("\\i FILE runs a file") };
    if shell.depth >= MAX_INCLUDE_DEPTH {
        bail!("{file} is nested in {MAX_INCLUDE_DEPTH} included files: does a file include itself?");
    }
    let script = Script::new(&voxlake_query::read_text_file(Path::new(file))?);
    Ok(ControlFlow::Include(IncludedScript::File { path: file.clone(), script }))
}

/// `\copy TABLE|(QUERY) TO FILE [FORMAT]`, as a COPY statement.
pub(crate) fn copy(shell: &mut Shell, rest: &str, origin: &Origin) -> anyhow::Result<()> {
    let rest = insert_variables(rest.trim_end_matches(';'), |name| shell.variables.get(name).cloned());
    let usage = || anyhow!("\\copy TABLE TO FILE, or \\copy (QUERY) TO FILE; a format may follow");
    let is_to = |word: &str| word.eq_ignore_ascii_case("to");
    // The word outside of parentheses, since a query may contain others.
    let mut depth = 0_i32;
    let mut to = None;
    for token in tokenize(&rest) {
        match (token.kind, &rest[token.range.clone()]) {
            (TokenKind::Punct, "(") => depth += 1,
            (TokenKind::Punct, ")") => depth -= 1,
            (TokenKind::Word, word) if depth == 0 && is_to(word) => to = to.or(Some(token.range)),
            _ => {}
        }
    }
    let to = to.ok_or_else(usage)?;
    let (source, target) = (rest[..to.start].trim(), rest[to.end..].trim());
    let words = words(target, &shell.variables)?;
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
    statement::run_sql(shell, &format!("COPY {source} TO '{}'{stored}", file.replace('\'', "''")), origin)
}

/// `\attach NAME FILE [(COLUMN TYPE, …)] [delimiter=;] [header=on|off]`
pub(crate) fn attach(shell: &mut Shell, rest: &str) -> anyhow::Result<()> {
    let (columns, rest) = take_list(rest)?;
    let words = words(&rest, &shell.variables)?;
    let [name, file, options @ ..] = words.as_slice() else {
        bail!("\\attach NAME FILE [(COLUMN TYPE, …)] reads a .csv, .tsv or .parquet file as the table NAME")
    };
    let options = attach_options(columns, options)?;
    let (workspace, own_name, path) = (shell.workspace.clone(), name.clone(), Path::new(file).to_owned());
    let work = async move { workspace.attach(&own_name, &path, &options).await };
    let (workspace, notices) = shell.runtime.run(work, || {})??;
    shell.use_workspace(workspace, true);
    for notice in notices {
        show::print_notice(shell, &notice);
    }
    show::print_message(shell, &format!("{file} is the table {}.", name.to_lowercase()), None)
}

fn attach_options(columns: Option<String>, options: &[String]) -> anyhow::Result<AttachOptions> {
    let mut attach = AttachOptions { columns, ..AttachOptions::default() };
    for option in options {
        match option.split_once('=') {
            Some(("delimiter", "\\t" | "tab")) => attach.delimiter = Some(b'\t'),
            Some(("delimiter", sign)) => match sign.as_bytes() {
                [byte] => attach.delimiter = Some(*byte),
                _ => bail!("{option:?} is not a single character such as delimiter=;"),
            },
            Some(("header", word)) => attach.header = Some(display::parse_switch(word)?),
            _ => bail!("unknown option {option:?}: use delimiter=; and header=on or header=off"),
        }
    }
    Ok(attach)
}

pub(crate) fn detach(shell: &mut Shell, args: &[String], origin: &Origin) -> anyhow::Result<()> {
    let [name] = args else { bail!("\\detach NAME removes a table") };
    statement::run_sql(shell, &format!("DROP TABLE \"{}\"", name.to_lowercase().replace('"', "\"\"")), origin)
}

/// Opens the editor on a statement or file, and returns its complete items to run.
pub(crate) fn edit(
    shell: &mut Shell,
    args: &[String],
    statement: Option<&str>,
) -> anyhow::Result<ControlFlow> {
    if !shell.interactive {
        bail!("\\e needs a terminal");
    }
    let before = match (args, statement, &shell.last) {
        ([_], ..) | ([], None, None | Some(LastQuery::Named(..))) => String::new(),
        ([], Some(statement), _) => statement.to_owned(),
        ([], None, Some(LastQuery::Sql(sql, _))) => format!("{sql};\n"),
        _ => bail!("\\e takes one file"),
    };
    let temporary = tempfile::Builder::new().prefix("voxlake-").suffix(".sql").tempfile()?;
    std::fs::write(temporary.path(), &before)?;
    let path = args.first().map_or(temporary.path(), Path::new);
    let editor = shell.options.editor.clone();
    let ended = Command::new("sh").arg("-c").arg(format!("{editor} \"$1\"")).arg("sh").arg(path).status();
    if !ended.with_context(|| format!("cannot start {editor}"))?.success() {
        bail!("{editor} failed; nothing was run");
    }
    let after = voxlake_query::read_text_file(path)?;
    if args.is_empty() && after == before {
        return Ok(ControlFlow::Continue);
    }
    for line in after.trim_end().lines() {
        writeln!(std::io::stdout(), "{}", escape_control_chars(line))?;
    }
    Ok(ControlFlow::Include(IncludedScript::Edited(Script::new(&after))))
}
