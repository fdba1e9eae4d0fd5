//! Mutual TLS between the processes of a cluster.
//!
//! Every process has a certificate of one authority, and shows it to the process that it connects
//! to and to each one that connects to it. The scheduler serves TLS itself. The listeners of an
//! executor belong to Ballista and have none: they stay on the loopback address, and a
//! [`TlsGateway`] in the same process decrypts for them.

mod gateway;

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use ballista_core::extension::EndpointOverrideFn;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, crypto::ring};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity, ServerTlsConfig};

pub(crate) use self::gateway::TlsGateway;
use crate::error::ClusterError;

type BoxError = Box<dyn Error + Send + Sync>;

/// Certificate of a process, and the authority whose certificates it accepts.
#[derive(Clone)]
pub struct ClusterTls {
    client: ClientTlsConfig,
    server: ServerTlsConfig,
    gateway: Arc<ServerConfig>,
}

impl ClusterTls {
    /// Reads PEM texts: the certificate of the authority, and the certificate (with intermediate
    /// ones) and private key of this process.
    ///
    /// Other processes compare the certificate with the host that they connect to, so that those
    /// of schedulers and executors have to name it.
    ///
    /// # Errors
    /// [`ClusterError::InvalidCertificate`] for a text that is not what it should be, and for a key
    /// that does not fit the certificate.
    pub fn from_pem(authority: &str, certificate: &str, key: &str) -> Result<Self, ClusterError> {
        let gateway = gateway_config(authority, certificate, key)
            .map_err(|reason| ClusterError::InvalidCertificate { reason })?;
        let identity = Identity::from_pem(certificate, key);
        let authority = Certificate::from_pem(authority);
        Ok(Self {
            client: ClientTlsConfig::new().ca_certificate(authority.clone()).identity(identity.clone()),
            server: ServerTlsConfig::new().client_ca_root(authority).identity(identity),
            gateway: Arc::new(gateway),
        })
    }

    /// Configuration of the scheduler's listener.
    pub(crate) fn server(&self) -> ServerTlsConfig {
        self.server.clone()
    }

    /// Returns the function by which Ballista changes each connection that it opens.
    pub(crate) fn endpoints(&self) -> EndpointOverrideFn {
        let client = self.client.clone();
        Arc::new(move |endpoint| with_tls(&endpoint, &client))
    }
}

impl fmt::Debug for ClusterTls {
    /// Leaves out the private key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClusterTls").finish_non_exhaustive()
    }
}

/// Changes the scheme of an endpoint, which Ballista creates as `http`, and adds certificates.
fn with_tls(endpoint: &Endpoint, client: &ClientTlsConfig) -> Result<Endpoint, BoxError> {
    let authority = endpoint.uri().authority().ok_or("an endpoint has no host")?;
    let encrypted = ballista_core::utils::create_grpc_client_endpoint(
        format!("https://{authority}"),
        Some(&ballista_core::utils::GrpcClientConfig::default()),
    )?;
    Ok(encrypted.tls_config(client.clone())?)
}

fn gateway_config(authority: &str, certificate: &str, key: &str) -> Result<ServerConfig, String> {
    let certificates = |text: &str, owner: &str| {
        let parsed: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
        let parsed = parsed.map_err(|error| format!("the certificate of the {owner}: {error}"))?;
        if parsed.is_empty() {
            return Err(format!("the certificate of the {owner} is not a PEM text"));
        }
        Ok(parsed)
    };
    let mut roots = RootCertStore::empty();
    for root in certificates(authority, "authority")? {
        roots.add(root).map_err(|error| format!("the certificate of the authority: {error}"))?;
    }
    let chain = certificates(certificate, "process")?;
    // The error of the parser has no part of the text.
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
        .map_err(|_| "the private key is not a PEM text with an unencrypted key".to_owned())?;
    let provider = Arc::new(ring::default_provider());
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .build()
        .map_err(|error| format!("the certificate of the authority: {error}"))?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_client_cert_verifier(clients)
        .with_single_cert(chain, key)
        .map_err(|error| format!("the certificate and the private key: {error}"))?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

#[cfg(test)]
mod tests;
