//! A schedule over a copy of the sample, and its destinations.

use tempfile::TempDir;
use tokio::process::Command;

use super::sinks::Sink;
use crate::support::{RunOutput, copy_folder, run, sample, voxlake, write_private};

/// A folder with a copy of the sample as its lake, and a schedule that was due at the start of the
/// year.
pub(super) struct Case(pub(super) TempDir);

pub(super) const PASSWORD: &str = "correct-horse-battery";

impl Case {
    pub(super) fn new(deliver: &str) -> Self {
        Self::with("", deliver)
    }

    pub(super) fn with(more: &str, deliver: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy_folder(&sample(), &folder.path().join("lake"));
        let schedule = format!(
            "lake = \"lake\"\nretry_delay = \"10ms\"\n[[schedule]]\nname = \"weekly\"\nreport = \"weekly-queues\"\n\
             period = \"2026-W45\"\ncron = \"0 0 1 1 *\"\nsince = \"2000-01-01\"\ncatch_up = 1\nformats = [\"html\", \"xlsx\"]\n\
             {more}\n{deliver}\n"
        );
        std::fs::write(folder.path().join("voxlake.toml"), schedule).unwrap();
        Self(folder)
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        write_private(&self.0.path().join(name), text);
    }

    pub(super) fn command<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = voxlake(self.0.path());
        command
            .arg("schedule")
            .args(args)
            .env("MAIL_PASSWORD", PASSWORD)
            .env("VOXLAKE_CONFIG", "voxlake.toml");
        command
    }

    pub(super) async fn schedule<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> RunOutput {
        let ran = run(&mut self.command(args)).await;
        let ledger =
            std::fs::read_to_string(self.0.path().join("lake/_voxlake/reports.json")).unwrap_or_default();
        for said in [&ran.out, &ran.err, &ledger] {
            assert!(!said.contains(PASSWORD) && !said.contains("hook-secret"), "{said}");
        }
        ran
    }
}

/// Returns a delivery by e-mail and the settings of the mail server.
pub(super) fn mail(sink: &Sink, more: &str) -> String {
    format!(
        "[[schedule.deliver]]\nemail = [\"Ann <ann@example.org>\"]\n[mail]\nhost = \"localhost\"\nport = {}\n\
         from = \"Reports <reports@example.org>\"\n{more}",
        sink.port
    )
}

pub(super) const TLS: &str =
    "tls = \"tls\"\nca_file = \"ca.pem\"\nuser = \"voxlake\"\npassword = { env = \"MAIL_PASSWORD\" }";

/// Returns a delivery to a webhook.
pub(super) fn webhook(more: &str) -> String {
    format!("[[schedule.deliver]]\nwebhook = {{ file = \"hook\" }}\n{more}")
}
