//! Reports that make themselves.
mod settings;

pub(crate) use settings::ScheduleSettings;
