//! The section "Other machines" of `docs/how-to/cluster.md`, on loopback addresses that stand for
//! machines.

use std::net::{Ipv4Addr, TcpListener};

use tokio::time::timeout;

use super::processes::{PATIENCE, two_free_ports};
use crate::how_to::HowTo;
use crate::support::{RunOutput, run, sample};

const HOSTS: [(&str, &str); 3] =
    [("scheduler.example", "127.0.0.2"), ("executor1.example", "127.0.0.3"), ("client.example", "127.0.0.5")];

/// The section with addresses and free ports of this machine.
struct Section {
    page: HowTo,
    /// Commands of the scheduler, the executor and a query.
    commands: Vec<String>,
    /// Port of the scheduler.
    port: u16,
}

impl Section {
    fn new() -> Self {
        let mut page = HowTo::new("cluster");
        page.replace("DNS:$host", "IP:$host");
        page.replace("executor2.example", "127.0.0.4");
        page.replace("--listen 10.0.0.7", &format!("--listen 127.0.0.3 --port {}", two_free_ports()));
        page.replace("--last 1y", "--from 2026-11-02 --to 2026-11-09 --no-summaries");
        page.replace("0.0.0.0:50050", "127.0.0.2:50050");
        for (host, address) in HOSTS {
            page.replace(host, address);
        }
        let free = TcpListener::bind((Ipv4Addr::new(127, 0, 0, 2), 0)).unwrap().local_addr().unwrap().port();
        page.replace("50050", &free.to_string());
        let commands = page.blocks("text").into_iter().find(|block| block.contains("--advertise")).unwrap();
        let commands = commands.replace("\\\n", " ").lines().map(str::to_owned).collect();
        let config = page.blocks("toml").into_iter().find(|block| block.contains("[cluster]")).unwrap();
        for (_, address) in HOSTS {
            let config = config.replace("127.0.0.3", address);
            std::fs::write(page.folder.path().join(format!("{address}.toml")), config).unwrap();
        }
        Self { page, commands, port: free }
    }

    /// Creates certificates, starts the cluster, and runs a query with the configuration file
    /// `client`.
    async fn query(&self, client: &str) -> RunOutput {
        let certificates =
            self.page.blocks("sh").into_iter().find(|block| block.contains("openssl")).unwrap();
        let port = self.port;
        let [scheduler, executor, query] = [0, 1, 2].map(|command: usize| self.commands[command].as_str());
        let script = format!(
            "{certificates}\n\
             VOXLAKE_CONFIG=127.0.0.2.toml {scheduler} &\n\
             VOXLAKE_CONFIG=127.0.0.3.toml {executor} --tasks 2 &\n\
             until (exec 3<>/dev/tcp/127.0.0.2/{port}) 2>/dev/null; do sleep 0.1; done\n\
             VOXLAKE_CONFIG={client} {query}'?min_bytes=0&deadline=60'\n"
        );
        let mut shell = self.page.script(&script);
        shell.env("VOXLAKE_LAKE", sample());
        timeout(PATIENCE, run(&mut shell)).await.unwrap()
    }
}

/// Returns whether the program that the page uses for certificates is installed.
fn has_openssl() -> bool {
    let version = std::process::Command::new("openssl").arg("version").output();
    version.is_ok_and(|version| version.status.success())
}

#[tokio::test(flavor = "multi_thread")]
async fn machines_with_certificates_form_a_cluster() {
    if !has_openssl() {
        return;
    }
    let section = Section::new();
    let ran = section.query("127.0.0.5.toml").await;
    assert!(ran.code == 0 && ran.out.contains("abandonment_rate"), "{ran:?}");
    let local = format!("{} local\n", section.commands[2].split("ballista://").next().unwrap());
    let mut shell = section.page.script(&local);
    let local = run(shell.env("VOXLAKE_LAKE", sample())).await.ok();
    assert!(ran.out.ends_with(&local), "{ran:?}\n{local}");
    // Without a certificate.
    std::fs::write(section.page.folder.path().join("empty.toml"), "").unwrap();
    let refused = section.query("empty.toml").await;
    assert!(refused.code == 1 && refused.err.contains("does the scheduler use TLS?"), "{refused:?}");
    // With the key of another host.
    let files = "[cluster]\nauthority = \"authority.pem\"\ncertificate = \"127.0.0.5.pem\"\nkey = \"127.0.0.3-key.pem\"\n";
    std::fs::write(section.page.folder.path().join("mixed.toml"), files).unwrap();
    let mixed = section.query("mixed.toml").await;
    assert!(mixed.code == 2 && mixed.err.contains("the certificate and the private key"), "{mixed:?}");
}
