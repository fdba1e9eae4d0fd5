//! `voxlake schedule`
use crate::args::ScheduleAction;
use crate::config::Settings;
use crate::exit::Exit;
pub(crate) async fn run(settings: Settings, action: ScheduleAction) -> anyhow::Result<Exit> {
    let _ = (settings, action);
    Ok(Exit::Done)
}
