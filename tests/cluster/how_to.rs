//! `docs/how-to/cluster.md`.

use tokio::time::timeout;

use super::processes::{PATIENCE, two_free_ports};
use crate::how_to::HowTo;
use crate::support::run;

/// Runs the commands of the page in their order, and a query with its configuration.
#[tokio::test(flavor = "multi_thread")]
async fn the_how_to_works_as_written() {
    let mut page = HowTo::new("cluster");
    for port in ["50050", "50061", "50071"] {
        page.replace(port, &two_free_ports().to_string());
    }
    let configured = page.blocks("toml").into_iter().find(|block| block.starts_with("engine = ")).unwrap();
    let config = page.folder.path().join("cluster.toml");
    std::fs::write(config, configured.replace('?', "?min_bytes=0&")).unwrap();
    let mut shell = page.shell("voxlake query --config cluster.toml -c 'EXPLAIN SELECT count(*) FROM calls'");
    let ran = timeout(PATIENCE, run(&mut shell)).await.unwrap();
    assert_eq!(ran.code, 0, "{ran:?}");
    for text in ["scheduler at ballista://127.0.0.1:", "abandonment_rate", "inbound"] {
        assert!(ran.out.contains(text), "{text:?} is not in {ran:?}");
    }
    let plans: Vec<_> = ran.out.match_indices("ClusterExec").collect();
    assert_eq!(plans.len(), 2, "{ran:?}");
}
