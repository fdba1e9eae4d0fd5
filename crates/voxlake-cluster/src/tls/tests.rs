use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

use super::*;

/// Address of gateways: another loopback address than the one of their inner listener.
const GATEWAY: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// Authority that signs certificates.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Returns a certificate of `host` and its key.
    fn issue(&self, host: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        (params.signed_by(&key, &self.0).unwrap().pem(), key.serialize_pem())
    }

    fn tls(&self, host: &str) -> ClusterTls {
        let (certificate, key) = self.issue(host);
        ClusterTls::from_pem(&self.0.pem(), &certificate, &key).unwrap()
    }
}

#[test]
fn wrong_texts_are_named() {
    let authority = Authority::new();
    let (certificate, key) = authority.issue("localhost");
    let (_, other_key) = authority.issue("localhost");
    let ca = authority.0.pem();
    assert!(ClusterTls::from_pem(&ca, &certificate, &key).is_ok());
    for (ca, certificate, key, part) in [
        ("", certificate.as_str(), key.as_str(), "authority"),
        (&ca, "", &key, "certificate of the process"),
        (&ca, &certificate, "", "private key is not"),
        (&ca, &certificate, &certificate, "private key is not"),
        (&ca, &certificate, &other_key, "certificate and the private key"),
        (&key, &certificate, &key, "authority"),
    ] {
        let error = ClusterTls::from_pem(ca, certificate, key).unwrap_err().to_string();
        assert!(error.contains(part), "{part}: {error}");
        assert!(!error.contains("BEGIN") && !error.contains(key.lines().nth(1).unwrap_or("MII")), "{error}");
    }
}

/// Starts a gateway in front of a listener. `None` on systems with one loopback address.
async fn gateway(tls: &ClusterTls) -> Option<(SocketAddr, TcpListener)> {
    let inner = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = SocketAddr::from((GATEWAY, inner.local_addr().unwrap().port()));
    let gateway = TlsGateway::bind(address, tls).await.ok()?;
    tokio::spawn(gateway.serve());
    Some((address, inner))
}

/// Sends a word through a gateway and returns the answer, which is empty if the gateway refuses.
async fn send(address: SocketAddr, client: &Arc<ClientConfig>) -> String {
    let stream = TcpStream::connect(address).await.unwrap();
    let host = ServerName::from(std::net::IpAddr::from(GATEWAY));
    let Ok(mut stream) = TlsConnector::from(Arc::clone(client)).connect(host, stream).await else {
        return String::new();
    };
    let mut answer = String::new();
    let _ = stream.write_all(b"hello").await;
    let _ = stream.shutdown().await;
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

/// A client that trusts `authority` and shows a certificate of `own`, if any.
fn client(authority: &Authority, own: Option<&Authority>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.0.pem().as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match own.map(|own| own.issue("client")) {
        None => config.with_no_client_auth(),
        Some((certificate, key)) => {
            let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
            config.with_client_auth_cert(vec![certificate], key).unwrap()
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Arc::new(config)
}

#[tokio::test]
async fn only_certificates_of_the_authority_pass_the_gateway() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let Some((address, inner)) = gateway(&authority.tls("127.0.0.2")).await else { return };
    let answers = tokio::spawn(async move {
        let mut connections = 0;
        loop {
            let (mut stream, _) = inner.accept().await.unwrap();
            connections += 1;
            let mut word = String::new();
            stream.read_to_string(&mut word).await.unwrap();
            stream.write_all(format!("{word} {connections}").as_bytes()).await.unwrap();
        }
    });
    assert_eq!(send(address, &client(&authority, None)).await, "");
    assert_eq!(send(address, &client(&authority, Some(&stranger))).await, "");
    assert_eq!(send(address, &client(&stranger, Some(&authority))).await, "");
    let mut plain = TcpStream::connect(address).await.unwrap();
    plain.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer).await;
    // An alert of TLS.
    assert_eq!(answer.first(), Some(&21), "{answer:?}");
    // None of these reached the inner listener.
    assert_eq!(send(address, &client(&authority, Some(&authority))).await, "hello 1");
    answers.abort();
}

/// The connections of Ballista: of the right host, through the gateway.
#[tokio::test]
async fn endpoints_have_tls() {
    let authority = Authority::new();
    let Some((address, inner)) = gateway(&authority.tls("127.0.0.2")).await else { return };
    let connect = async |tls: ClusterTls| {
        let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
        let endpoint = (tls.endpoints())(endpoint).unwrap();
        assert_eq!(endpoint.uri().scheme_str(), Some("https"));
        endpoint.connect().await.is_ok()
    };
    assert!(connect(authority.tls("client")).await);
    let (mut stream, _) = inner.accept().await.unwrap();
    let mut preface = [0; 14];
    stream.read_exact(&mut preface).await.unwrap();
    assert_eq!(&preface, b"PRI * HTTP/2.0");
    assert!(!connect(Authority::new().tls("client")).await);
    let Some((address, _inner)) = gateway(&authority.tls("elsewhere.example")).await else { return };
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    let endpoint = (authority.tls("client").endpoints())(endpoint).unwrap();
    assert!(endpoint.connect().await.is_err(), "the certificate is of another host");
}
