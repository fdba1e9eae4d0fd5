//! Format of a result, by option or file name.

use std::io::IsTerminal as _;
use std::path::Path;

use voxlake_report::Format;
use voxlake_shell::format_by_extension;

use crate::args::AnswerArgs;
use crate::exit::UsageError;

/// Format by name, or by the extension of the output.
pub(crate) fn format(args: &AnswerArgs) -> Result<Format, UsageError> {
    format_of(args.format, args.output.as_deref())
}

/// Format of this name, or of the output's extension.
pub(crate) fn format_of(name: Option<Format>, output: Option<&Path>) -> Result<Format, UsageError> {
    let file = output.filter(|path| path.as_os_str() != "-");
    let format = match (name, file) {
        (Some(format), _) => format,
        (None, None) => Format::Table,
        (None, Some(path)) => {
            format_by_extension(path).map_err(|wrong| UsageError(format!("{wrong}: set --format")))?
        }
    };
    if format.is_binary() && file.is_none() && std::io::stdout().is_terminal() {
        return Err(UsageError(format!(
            "a terminal cannot show {format}: write it to a file (-o answer.{})",
            format.extension()
        )));
    }
    Ok(format)
}
