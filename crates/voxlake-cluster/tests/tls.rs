//! A cluster with mutual TLS: a scheduler and executors on loopback addresses of their own, as on
//! machines of their own.

#![cfg(target_os = "linux")]
#![allow(clippy::panic, clippy::unwrap_used, dead_code, unreachable_pub, reason = "tests")]

mod support;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use voxlake_cluster::{
    BallistaEngine, ClusterError, ClusterTls, ExecutorOptions, Scheduler, SchedulerOptions, run_executor,
};
use voxlake_query::test_lake::rows;
use voxlake_query::{LakeSession, RemoteEngine};

use crate::support::cluster::two_free_ports;
use crate::support::{options, sample};

/// A statement with several stages, so that executors fetch from each other.
const GROUPED: &str = "SELECT a.result, b.direction, count(*) FROM voice_calls a JOIN voice_calls b ON a.consumer_number = b.consumer_number GROUP BY 1, 2 ORDER BY 1, 2";

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Returns a certificate of `host`, of the authority.
fn issue(authority: &Authority, host: &str) -> ClusterTls {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![host.to_owned()]).unwrap();
    let certificate = certificate.signed_by(&key, authority).unwrap();
    ClusterTls::from_pem(&authority.pem(), &certificate.pem(), &key.serialize_pem()).unwrap()
}

fn executor(host: [u8; 4], scheduler: &str, tls: Option<ClusterTls>) -> ExecutorOptions {
    let mut options = ExecutorOptions::default();
    options.bind = Ipv4Addr::from(host).into();
    options.port = two_free_ports();
    options.scheduler = scheduler.parse().unwrap();
    options.tasks = std::num::NonZeroUsize::new(2);
    options.grace = Duration::from_secs(1);
    options.tls = tls;
    options
}

async fn answer(engine: Option<Arc<dyn RemoteEngine>>) -> Result<Vec<String>, String> {
    let session = LakeSession::open(&sample().await, options(4, engine)).await.unwrap();
    let result = session.sql(GROUPED).await.map_err(|error| format!("{error:#}"))?;
    let batches = result.collect().await.map_err(|error| format!("{error:#}"))?;
    Ok(rows(&batches))
}

#[tokio::test(flavor = "multi_thread")]
async fn only_processes_with_certificates_take_part() {
    let ours = authority();
    let mut options = SchedulerOptions::default();
    options.listen = SocketAddr::from((Ipv4Addr::new(127, 0, 0, 2), 0));
    options.tls = Some(issue(&ours, "127.0.0.2"));
    let scheduler = Scheduler::bind(options).await.unwrap();
    let address = scheduler.advertised_address();
    tokio::spawn(async move { scheduler.serve(std::future::pending()).await.unwrap() });
    for host in [[127, 0, 0, 3], [127, 0, 0, 4]] {
        let tls = issue(&ours, &Ipv4Addr::from(host).to_string());
        let executor = executor(host, &address, Some(tls));
        tokio::spawn(async move { run_executor(&executor, std::future::pending()).await.unwrap() });
    }
    let engine = |tls: Option<ClusterTls>| -> Option<Arc<dyn RemoteEngine>> {
        let url = format!("ballista://{address}?min_bytes=0&partitions=4&deadline=60");
        Some(Arc::new(BallistaEngine::new(url.parse().unwrap()).with_tls(tls)))
    };
    assert_eq!(answer(engine(Some(issue(&ours, "client")))).await.unwrap(), answer(None).await.unwrap());
    for (stranger, reason) in [(None, "use TLS?"), (Some(issue(&authority(), "client")), "certificate")] {
        let error = answer(engine(stranger)).await.unwrap_err();
        assert!(error.contains("cannot reach the scheduler at 127.0.0.2"), "{error}");
        assert!(error.contains(reason), "{error}");
    }
}

#[tokio::test]
async fn executors_with_tls_have_an_address_of_their_own() {
    let ours = authority();
    for (host, reason) in [([0, 0, 0, 0], "name the address"), ([127, 0, 0, 1], "decrypted connections")] {
        let executor = executor(host, "127.0.0.1:1", Some(issue(&ours, "localhost")));
        let error = run_executor(&executor, std::future::pending()).await.unwrap_err();
        assert!(matches!(error, ClusterError::NotReachable { .. }), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
    }
    let mut options = SchedulerOptions::default();
    options.listen = "0.0.0.0:0".parse().unwrap();
    options.tls = Some(issue(&ours, "localhost"));
    assert!(matches!(Scheduler::bind(options).await, Err(ClusterError::NotReachable { .. })));
}
