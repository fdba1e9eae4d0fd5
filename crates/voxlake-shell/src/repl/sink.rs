//! Destination of results: the terminal, or a file.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use voxlake_lake::check_output_path;
use voxlake_report::Format;

use crate::output::Output;
use crate::output::format_by_extension;
use crate::terminal::{self, Terminal};

/// Destination of results.
pub(crate) enum Sink {
    Terminal,
    /// File that appears when the shell ends.
    Atomic {
        output: Output,
        answers: usize,
    },
    /// File that grows with each result.
    Append {
        file: BufWriter<File>,
        format: Option<Format>,
        answers: usize,
    },
}

impl Sink {
    /// Opens a file that appears when the shell ends; `None` and `-` mean the terminal.
    pub(crate) fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path.filter(|path| path.as_os_str() != "-") else { return Ok(Self::Terminal) };
        check_destination(path)?;
        Ok(Self::Atomic { output: Output::open(Some(path))?, answers: 0 })
    }

    /// Opens a file that grows, in the format of its extension if it has one.
    pub(crate) fn append(path: &Path) -> anyhow::Result<Self> {
        check_destination(path)?;
        let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self::Append { file: BufWriter::new(file), format: format_by_extension(path).ok(), answers: 0 })
    }

    /// Completes the destination.
    pub(crate) fn finish(&mut self) -> anyhow::Result<()> {
        match std::mem::replace(self, Self::Terminal) {
            Self::Terminal => {}
            Self::Atomic { output, .. } => output.finish()?,
            Self::Append { mut file, .. } => file.flush()?,
        }
        Ok(())
    }

    pub(crate) fn format(&self, usual: Format) -> Format {
        match self {
            Self::Append { format: Some(format), .. } => *format,
            _ => usual,
        }
    }

    pub(crate) fn is_terminal(&self) -> bool {
        matches!(self, Self::Terminal) && terminal::size().is_some()
    }

    /// Returns an output for one more result in this format.
    pub(crate) fn page(&mut self, format: Format, pager: Option<String>) -> anyhow::Result<ResultOutput<'_>> {
        match self {
            Self::Terminal if format.is_binary() && terminal::size().is_some() => {
                bail!("a terminal cannot show {format}: \\o FILE or \\copy writes it to a file")
            }
            Self::Terminal => Ok(ResultOutput::Terminal(Terminal::new(pager))),
            Self::Atomic { answers, .. } | Self::Append { answers, .. }
                if format.is_binary() && *answers > 0 =>
            {
                bail!("a {format} file holds one result: write one, or use csv or ndjson")
            }
            Self::Atomic { output, answers } => {
                *answers += 1;
                Ok(ResultOutput::File(output))
            }
            Self::Append { file, answers, .. } => {
                *answers += 1;
                Ok(ResultOutput::File(file))
            }
        }
    }
}

/// Output of one result.
pub(crate) enum ResultOutput<'a> {
    Terminal(Terminal),
    File(&'a mut (dyn Write + Send)),
}

impl ResultOutput<'_> {
    pub(crate) fn finish(self) -> io::Result<()> {
        match self {
            Self::Terminal(terminal) => terminal.finish(),
            Self::File(file) => file.flush(),
        }
    }
}

impl Write for ResultOutput<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Terminal(terminal) => terminal.write(bytes),
            Self::File(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Terminal(terminal) => terminal.flush(),
            Self::File(file) => file.flush(),
        }
    }
}

/// Returns the format of this name.
pub(crate) fn named_format(name: &str) -> anyhow::Result<Format> {
    let found = Format::ALL.into_iter().find(|format| format.name().eq_ignore_ascii_case(name));
    found.or_else(|| Format::from_extension(name)).ok_or_else(|| {
        let known = Format::ALL.map(Format::name).join(", ");
        anyhow!("there is no format {name}; there is {known}")
    })
}

/// Rejects URLs and paths inside a lake.
pub(crate) fn check_destination(file: &Path) -> anyhow::Result<()> {
    let name = file.display();
    if file.to_string_lossy().contains("://") {
        bail!("{name} is a URL: results are written to local files");
    }
    Ok(check_output_path(file)?)
}
