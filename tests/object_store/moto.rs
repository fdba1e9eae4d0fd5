//! A stand-in for Amazon S3: the program `moto_server` of the Python package moto, which enforces
//! conditional requests.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use voxlake_lake::StoreOptions;

/// Variable with the path of `moto_server`. If it is set, the tests have to run.
const PROGRAM: &str = "VOXLAKE_TEST_MOTO_SERVER";
/// Text in the line of the log that has the address.
const READY: &str = "Running on http://";

/// Returns the path of the program. If it is not installed, prints a message and returns `None`.
pub(crate) fn program() -> Option<PathBuf> {
    if let Ok(program) = std::env::var(PROGRAM) {
        return Some(PathBuf::from(program));
    }
    let folders = std::env::var_os("PATH")?;
    let program =
        std::env::split_paths(&folders).map(|folder| folder.join("moto_server")).find(|p| p.is_file());
    if program.is_none() {
        let _ = writeln!(std::io::stderr(), "not tested: pip install 'moto[s3,server]' provides moto_server");
    }
    program
}

/// A running server with an empty bucket, [`Moto::BUCKET`]. It ends when this is dropped.
pub(crate) struct Moto {
    address: String,
    _server: Child,
}

impl Moto {
    pub(crate) const BUCKET: &'static str = "calls";

    /// Starts a server. Returns `None`, with a message, if it is not installed.
    pub(crate) async fn start() -> Option<Self> {
        let mut command = Command::new(program()?);
        command.args(["-H", "127.0.0.1", "-p", "0"]).env("PYTHONUNBUFFERED", "1").kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut server = command.spawn().unwrap();
        let mut lines = BufReader::new(server.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines.next_line().await.unwrap().unwrap();
            if let Some((_, address)) = line.split_once(READY) {
                break address.trim().to_owned();
            }
        };
        // The server logs each request: a full pipe would stop it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let moto = Self { address, _server: server };
        moto.request("PUT", "", b"").await;
        Some(moto)
    }

    /// Sets the variables of the standard credentials and the endpoint.
    pub(crate) fn set_variables<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.envs(self.variables())
    }

    /// Returns the options of the bucket's store.
    pub(crate) fn options(&self) -> StoreOptions {
        StoreOptions::default()
            .with("aws_access_key_id", "test-id")
            .with("aws_secret_access_key", "test-secret")
            .with("aws_endpoint", self.endpoint())
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Replaces an object, as another program would.
    pub(crate) async fn put(&self, key: &str, bytes: &[u8]) {
        self.request("PUT", key, bytes).await;
    }

    /// Stores a day of a lake in a local folder below `prefix`.
    #[cfg_attr(not(feature = "cluster"), allow(dead_code, reason = "for tests of clusters"))]
    pub(crate) async fn put_day(&self, lake: &Path, prefix: &str, date: &str) {
        let day = format!("voice_calls/date={date}/calls.parquet");
        self.put(&format!("{prefix}/{day}"), &std::fs::read(lake.join(&day)).unwrap()).await;
    }

    /// Returns the standard credentials and the endpoint, as variables.
    pub(crate) fn variables(&self) -> [(&'static str, String); 4] {
        [
            ("AWS_ACCESS_KEY_ID", "test-id".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test-secret".to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ENDPOINT_URL", self.endpoint()),
        ]
    }

    /// Returns an object.
    pub(crate) async fn get(&self, key: &str) -> Vec<u8> {
        self.request("GET", key, b"").await
    }

    /// Returns the keys with a prefix, at most 1,000.
    pub(crate) async fn keys(&self, prefix: &str) -> Vec<String> {
        let query = format!("?list-type=2&prefix={}", prefix.replace('/', "%2F"));
        let page = String::from_utf8(self.request("GET", &query, b"").await).unwrap();
        page.split("<Key>").skip(1).filter_map(|rest| Some(rest.split_once("</Key>")?.0.to_owned())).collect()
    }

    /// Sends a request to the bucket and returns the body of its response.
    async fn request(&self, method: &str, key: &str, body: &[u8]) -> Vec<u8> {
        let separator = if key.starts_with('?') { "" } else { "/" };
        let head = format!(
            "{method} /{}{separator}{key} HTTP/1.0\r\nHost: {}\r\nContent-Length: {}\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=test-id/20260101/us-east-1/s3/aws4_request\r\n\r\n",
            Self::BUCKET,
            self.address,
            body.len()
        );
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
        let mut response = Vec::new();
        stream.read_to_end(&mut response).await.unwrap();
        let end = response.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
        let status = String::from_utf8_lossy(&response[..end]).into_owned();
        assert!(status.split(' ').nth(1) == Some("200"), "{method} {key}: {status}");
        response.split_off(end + 4)
    }
}
