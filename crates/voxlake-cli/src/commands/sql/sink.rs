//! Where answers go: the screen, or a file, which takes one after the other.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use voxlake_lake::check_output_path;
use voxlake_report::Format;

use crate::commands::query::Output;
use crate::commands::query::output::by_extension;
use crate::screen::{self, Screen};

/// Where answers go.
pub(crate) enum Sink {
    Screen,
    /// A file that appears when all is done.
    Whole {
        output: Output,
        answers: usize,
    },
    /// A file that grows with each answer.
    Growing {
        file: BufWriter<File>,
        format: Option<Format>,
        answers: usize,
    },
}

impl Sink {
    /// A file that appears when all is done; none and `-` are the screen.
    pub(crate) fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path.filter(|path| path.as_os_str() != "-") else { return Ok(Self::Screen) };
        check_place(path)?;
        Ok(Self::Whole { output: Output::open(Some(path))?, answers: 0 })
    }

    /// A file that grows; in the format that its name ends with, if it does.
    pub(crate) fn growing(path: &Path) -> anyhow::Result<Self> {
        check_place(path)?;
        let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self::Growing { file: BufWriter::new(file), format: by_extension(path).ok(), answers: 0 })
    }

    /// Ends it: what was written is there from now on.
    pub(crate) fn finish(&mut self) -> anyhow::Result<()> {
        match std::mem::replace(self, Self::Screen) {
            Self::Screen => {}
            Self::Whole { output, .. } => output.finish()?,
            Self::Growing { mut file, .. } => file.flush()?,
        }
        Ok(())
    }

    pub(crate) fn format(&self, usual: Format) -> Format {
        match self {
            Self::Growing { format: Some(format), .. } => *format,
            _ => usual,
        }
    }

    pub(crate) fn is_terminal(&self) -> bool {
        matches!(self, Self::Screen) && screen::size().is_some()
    }

    /// A place for one more answer in this format.
    pub(crate) fn page(&mut self, format: Format, paged: bool) -> anyhow::Result<Page<'_>> {
        match self {
            Self::Screen if format.is_binary() && screen::size().is_some() => {
                bail!("a terminal cannot show {format}: \\o FILE or \\copy writes it to a file")
            }
            Self::Screen => Ok(Page::Screen(Screen::new(paged))),
            Self::Whole { answers, .. } | Self::Growing { answers, .. }
                if format.is_binary() && *answers > 0 =>
            {
                bail!("{format} holds one answer, and the file has one: ask for one, or write csv or ndjson")
            }
            Self::Whole { output, answers } => {
                *answers += 1;
                Ok(Page::File(output))
            }
            Self::Growing { file, answers, .. } => {
                *answers += 1;
                Ok(Page::File(file))
            }
        }
    }
}

/// A place for one answer.
pub(crate) enum Page<'a> {
    Screen(Screen),
    File(&'a mut (dyn Write + Send)),
}

impl Page<'_> {
    pub(crate) fn finish(self) -> io::Result<()> {
        match self {
            Self::Screen(screen) => screen.finish(),
            Self::File(file) => file.flush(),
        }
    }
}

impl Write for Page<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Screen(screen) => screen.write(bytes),
            Self::File(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Screen(screen) => screen.flush(),
            Self::File(file) => file.flush(),
        }
    }
}

/// The format of this name.
pub(crate) fn named_format(name: &str) -> anyhow::Result<Format> {
    let found = Format::ALL.into_iter().find(|format| format.name().eq_ignore_ascii_case(name));
    found.or_else(|| Format::from_extension(name)).ok_or_else(|| {
        let known = Format::ALL.map(Format::name).join(", ");
        anyhow!("there is no format {name}; there is {known}")
    })
}

/// Refuses to write to a URL, and into a lake.
pub(crate) fn check_place(file: &Path) -> anyhow::Result<()> {
    let name = file.display();
    if file.to_string_lossy().contains("://") {
        bail!("{name} is a URL: answers are written to local files");
    }
    Ok(check_output_path(file)?)
}
