//! Terminal output: size, pager, and escaping of control characters in all formats.

use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write};
use std::process::{Child, Command, Stdio};

use terminal_size::{Height, Width, terminal_size};
use unicode_width::UnicodeWidthStr as _;
use voxlake_report::escape_control_chars;

/// Default size, for terminals that report none.
const DEFAULT_SIZE: (u16, u16) = (80, 24);

/// Columns and lines of the terminal; `None` if standard output is not a terminal.
#[must_use]
pub fn size() -> Option<(u16, u16)> {
    io::stdout().is_terminal().then(|| match terminal_size() {
        Some((Width(width), Height(height))) if width > 0 && height > 0 => (width, height),
        _ => DEFAULT_SIZE,
    })
}

/// Standard output for one result. On a terminal, results longer than the screen go through the
/// pager.
pub struct Terminal {
    size: Option<(u16, u16)>,
    /// Command of the pager; `None` if nothing is paged.
    pager_command: Option<String>,
    /// Output that is not sent yet: until it is known whether it fits the screen, and the
    /// unfinished line.
    waiting: Vec<u8>,
    /// Lines of the screen that `waiting` fills.
    lines: usize,
    /// Pager, if it runs.
    pager: Option<Child>,
    /// True if output was sent; later output is not paged.
    has_sent: bool,
    /// True if anything was written, sent or not.
    has_written: bool,
    out: BufWriter<Stdout>,
}

impl Terminal {
    /// Creates an output, paged by this command.
    #[must_use]
    pub fn new(pager: Option<String>) -> Self {
        Self {
            size: size(),
            pager_command: pager,
            waiting: Vec::new(),
            lines: 0,
            pager: None,
            has_sent: false,
            has_written: false,
            out: BufWriter::new(io::stdout()),
        }
    }

    /// Returns whether anything was written.
    pub(crate) fn has_written(&self) -> bool {
        self.has_written
    }

    /// Completes the output, and waits until the user leaves the pager.
    ///
    /// # Errors
    /// The error of writing.
    pub fn finish(mut self) -> io::Result<()> {
        let rest = std::mem::take(&mut self.waiting);
        self.send(&escape_lines(&rest))?;
        match self.pager.take() {
            Some(mut pager) => {
                drop(pager.stdin.take());
                pager.wait().map(drop)
            }
            None => self.out.flush(),
        }
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.has_sent |= !bytes.is_empty();
        match self.pager.as_mut().and_then(|pager| pager.stdin.as_mut()) {
            Some(pager) => pager.write_all(bytes),
            None => self.out.write_all(bytes),
        }
    }

    fn take_lines(&mut self, (width, height): (u16, u16)) -> io::Result<()> {
        let Some(end) = self.waiting.iter().rposition(|byte| *byte == b'\n') else { return Ok(()) };
        if let Some(pager) = self.pager_command.as_deref().filter(|_| self.pager.is_none() && !self.has_sent)
        {
            let text = String::from_utf8_lossy(&self.waiting[..end]);
            self.lines =
                text.lines().map(|line| 1 + line.width().saturating_sub(1) / usize::from(width)).sum();
            // The prompt needs a line too.
            if self.lines + 1 < usize::from(height) {
                return Ok(());
            }
            self.pager = spawn_pager(pager).ok();
        }
        let rest = self.waiting.split_off(end + 1);
        let lines = std::mem::replace(&mut self.waiting, rest);
        self.send(&escape_lines(&lines))
    }
}

impl Write for Terminal {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.has_written |= !bytes.is_empty();
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

impl Drop for Terminal {
    fn drop(&mut self) {
        // A failed result: the pager shows what it has.
        if let Some(mut pager) = self.pager.take() {
            drop(pager.stdin.take());
            drop(pager.wait());
        }
    }
}

/// Starts the command of a pager. `less` cuts long lines and leaves short results on the screen,
/// unless the user has set its options.
fn spawn_pager(command: &str) -> io::Result<Child> {
    let script = format!("LESS=\"${{LESS-SFRX}}\"; export LESS; {command}");
    Command::new("sh").arg("-c").arg(script).stdin(Stdio::piped()).spawn()
}

/// Escapes all control characters except line breaks and tabs.
fn escape_lines(bytes: &[u8]) -> Vec<u8> {
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
    fn control_characters_are_escaped() {
        assert_eq!(escape_lines(b"a\tb\x1b[31m\nc\r\n\x07"), b"a\tb\\u{1b}[31m\nc\\r\n\\u{7}");
    }
}
