//! Effect of a command on the script that contains it.

use crate::script::Script;

/// Effect of an item on its script.
#[derive(Debug)]
pub(crate) enum ControlFlow {
    /// Continues with the next item.
    Continue,
    /// Runs another script first.
    Include(IncludedScript),
    /// Ends the script.
    Exit,
}

/// Script that runs in place of the command that returned it.
#[derive(Debug)]
pub(crate) enum IncludedScript {
    /// A file, by `\i`. `\q` ends only this file.
    File {
        /// Path, as errors name it.
        path: String,
        script: Script,
    },
    /// Text from the editor, by `\e`. An unfinished statement becomes the start of the next typed
    /// line.
    Edited(Script),
}
