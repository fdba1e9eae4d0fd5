//! Variables: `\set` and `\unset`.

use crate::script::is_variable_name;
use anyhow::bail;

use super::display;
use crate::repl::show;
use crate::repl::state::Shell;

pub(crate) fn set(shell: &mut Shell, args: &[String]) -> anyhow::Result<()> {
    match args {
        [] => {
            let lines = shell.variables.iter().map(|(name, value)| format!("{name} = '{value}'"));
            let text = lines.collect::<Vec<_>>().join("\n");
            return show::show_text(shell, &text);
        }
        [name, ..] if !is_variable_name(name) => {
            bail!("{name:?} is not a valid variable name: use letters, digits and underscores")
        }
        [name, value @ ..] => {
            if name == "ON_ERROR_STOP" {
                shell.display.keep_going =
                    !display::parse_switch(value.first().map_or("on", String::as_str))?;
            }
            shell.variables.insert(name.clone(), value.concat());
        }
    }
    shell.completions.set_variables(shell.variables.keys().cloned());
    Ok(())
}

pub(crate) fn unset(shell: &mut Shell, args: &[String]) -> anyhow::Result<()> {
    let [name] = args else { bail!("\\unset NAME removes one variable") };
    shell.variables.remove(name);
    shell.completions.set_variables(shell.variables.keys().cloned());
    Ok(())
}
