//! A mail server and a web server that accept, refuse or ignore what they receive.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// Behaviour of a sink towards one connection. The last one of a list applies to all further
/// connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behavior {
    Takes,
    /// Permanent errors.
    Refuses,
    /// Transient errors.
    Busy,
    /// Never answers.
    Silent,
    /// Refuses the login and repeats the client's line.
    Repeats,
}

/// A local server and the messages that it received.
pub(crate) struct Sink {
    pub(crate) port: u16,
    /// The certificate to trust, in PEM.
    pub(crate) certificate: String,
    sent: Arc<Mutex<Vec<String>>>,
    visits: Arc<AtomicUsize>,
}

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Mail,
    Web,
}

impl Sink {
    pub(crate) async fn start(kind: Kind, tls: bool, behaviors: &[Behavior]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let acceptor = tls.then(|| TlsAcceptor::from(Arc::new(config)));
        let sent = Arc::<Mutex<Vec<String>>>::default();
        let (keeps, behaviors) = (Arc::clone(&sent), behaviors.to_vec());
        let visits = Arc::<AtomicUsize>::default();
        let visited = Arc::clone(&visits);
        tokio::spawn(async move {
            for visit in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                visited.fetch_add(1, Ordering::SeqCst);
                let behavior = behaviors[visit.min(behaviors.len() - 1)];
                let (keeps, acceptor) = (Arc::clone(&keeps), acceptor.clone());
                tokio::spawn(async move {
                    match acceptor {
                        // A client that does not trust the certificate closes the connection.
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                serve(kind, stream, behavior, &keeps).await;
                            }
                        }
                        None => serve(kind, stream, behavior, &keeps).await,
                    }
                });
            }
        });
        Self { port, certificate: cert.pem(), sent, visits }
    }

    /// Returns the number of connections.
    pub(crate) fn visits(&self) -> usize {
        self.visits.load(Ordering::SeqCst)
    }

    pub(crate) fn sent(&self) -> Vec<String> {
        self.sent.lock().unwrap().clone()
    }
}

async fn serve(
    kind: Kind,
    stream: impl AsyncRead + AsyncWrite + Unpin,
    behavior: Behavior,
    keeps: &Mutex<Vec<String>>,
) {
    let mut stream = BufReader::new(stream);
    if behavior == Behavior::Silent {
        // Until the client closes.
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        return;
    }
    // A client that closes the connection is no error of the test.
    let _ = match kind {
        Kind::Mail => mail(&mut stream, behavior, keeps).await,
        Kind::Web => web(&mut stream, behavior, keeps).await,
    };
}

async fn mail(
    stream: &mut BufReader<impl AsyncRead + AsyncWrite + Unpin>,
    behavior: Behavior,
    keeps: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    stream.write_all(b"220 sink\r\n").await?;
    let mut envelope = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let verb = line.split([' ', '\r']).next().unwrap_or_default().to_ascii_uppercase();
        if verb == "AUTH" && behavior == Behavior::Repeats {
            stream.write_all(format!("535 no: {}\r\n", line.trim()).as_bytes()).await?;
            continue;
        }
        let answer: &[u8] = match (verb.as_str(), behavior) {
            ("EHLO", _) => b"250-sink\r\n250 AUTH PLAIN\r\n",
            ("AUTH", _) => b"235 welcome\r\n",
            ("RCPT", Behavior::Refuses) => b"550 nobody here\r\n",
            ("RCPT", Behavior::Busy) => b"450 come back\r\n",
            ("DATA", _) => b"354 go on\r\n",
            ("QUIT", _) => b"221 bye\r\n",
            _ => b"250 ok\r\n",
        };
        envelope.push_str(&line);
        stream.write_all(answer).await?;
        if verb == "DATA" {
            let mut text = envelope.clone();
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).await? == 0 || line == ".\r\n" {
                    break;
                }
                text.push_str(&line);
            }
            keeps.lock().unwrap().push(text);
            stream.write_all(b"250 taken\r\n").await?;
        }
    }
}

async fn web(
    stream: &mut BufReader<impl AsyncRead + AsyncWrite + Unpin>,
    behavior: Behavior,
    keeps: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 || line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let status = match behavior {
        Behavior::Refuses => "403 Forbidden",
        Behavior::Busy => "503 Service Unavailable",
        _ => {
            keeps.lock().unwrap().push(format!("{head}\r\n{}", String::from_utf8_lossy(&body)));
            "200 OK"
        }
    };
    stream
        .write_all(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").as_bytes())
        .await?;
    stream.shutdown().await
}
