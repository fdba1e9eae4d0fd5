//! The terminal: its size, the pager for what is longer, and control characters spelled out whatever the format.

use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write};
use std::process::{Child, Command, Stdio};

use terminal_size::{Height, Width, terminal_size};
use unicode_width::UnicodeWidthStr as _;
use voxlake_report::escape_control_chars;

/// What is assumed of a terminal that does not tell its size.
const USUAL: (u16, u16) = (80, 24);

/// Columns and lines of the terminal; none where standard output is no terminal.
pub(crate) fn size() -> Option<(u16, u16)> {
    io::stdout().is_terminal().then(|| match terminal_size() {
        Some((Width(width), Height(height))) if width > 0 && height > 0 => (width, height),
        _ => USUAL,
    })
}

/// The user's pager, as a command of the shell.
pub(crate) fn pager() -> String {
    chosen(["VOXLAKE_PAGER", "PAGER"], "less -SFRX")
}

/// The program that the first of these variables names, or the usual one.
pub(crate) fn chosen(variables: [&str; 2], usual: &str) -> String {
    let given = variables.into_iter().filter_map(|name| std::env::var(name).ok());
    given.into_iter().find(|program| !program.trim().is_empty()).unwrap_or_else(|| usual.to_owned())
}

/// Standard output for one answer. On a terminal, what is longer than the screen goes through the pager.
pub(crate) struct Screen {
    size: Option<(u16, u16)>,
    paged: bool,
    /// What waits until it is known whether it fits the screen; on a terminal also the line that is not ended.
    waiting: Vec<u8>,
    lines: usize,
    pager: Option<Child>,
    begun: bool,
    out: BufWriter<Stdout>,
}

impl Screen {
    pub(crate) fn new(paged: bool) -> Self {
        Self {
            size: size(),
            paged,
            waiting: Vec::new(),
            lines: 0,
            pager: None,
            begun: false,
            out: BufWriter::new(io::stdout()),
        }
    }

    /// Ends the answer, and waits until the pager is left.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        let rest = std::mem::take(&mut self.waiting);
        self.send(&harmless(&rest))?;
        match self.pager.take() {
            Some(mut pager) => {
                drop(pager.stdin.take());
                pager.wait().map(drop)
            }
            None => self.out.flush(),
        }
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.begun |= !bytes.is_empty();
        match self.pager.as_mut().and_then(|pager| pager.stdin.as_mut()) {
            Some(pager) => pager.write_all(bytes),
            None => self.out.write_all(bytes),
        }
    }

    fn take_lines(&mut self, (width, height): (u16, u16)) -> io::Result<()> {
        let Some(end) = self.waiting.iter().rposition(|byte| *byte == b'\n') else { return Ok(()) };
        if self.paged && self.pager.is_none() && !self.begun {
            let text = String::from_utf8_lossy(&self.waiting[..end]);
            self.lines =
                text.lines().map(|line| 1 + line.width().saturating_sub(1) / usize::from(width)).sum();
            // The prompt needs a line, too.
            if self.lines + 1 < usize::from(height) {
                return Ok(());
            }
            self.pager = start().ok();
        }
        let rest = self.waiting.split_off(end + 1);
        let lines = std::mem::replace(&mut self.waiting, rest);
        self.send(&harmless(&lines))
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.size {
            None => self.out.write(bytes),
            Some(size) => {
                self.waiting.extend_from_slice(bytes);
                self.take_lines(size)?;
                Ok(bytes.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.size.is_some() { Ok(()) } else { self.out.flush() }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // An answer that failed: the pager ends with what it has.
        if let Some(mut pager) = self.pager.take() {
            drop(pager.stdin.take());
            drop(pager.wait());
        }
    }
}

fn start() -> io::Result<Child> {
    let mut command = Command::new("sh");
    command.arg("-c").arg(pager()).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        command.env("LESS", "SFRX");
    }
    command.spawn()
}

/// Lines with every control character spelled out but the ends of lines and tabs.
fn harmless(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let parts = text.split_inclusive(['\n', '\t']).map(|part| match part.strip_suffix(['\n', '\t']) {
        Some(line) => format!("{}{}", escape_control_chars(line), &part[line.len()..]),
        None => escape_control_chars(part),
    });
    parts.collect::<String>().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_format_talks_to_the_terminal() {
        assert_eq!(harmless(b"a\tb\x1b[31m\nc\r\n\x07"), b"a\tb\\u{1b}[31m\nc\\r\n\\u{7}");
    }
}
