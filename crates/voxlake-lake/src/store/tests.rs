use super::*;

fn open(url: &str, options: &[(&str, &str)]) -> Result<Path, String> {
    let options = options.iter().fold(StoreOptions::default(), |all, (name, value)| all.with(name, *value));
    let opened = open_store(&url.parse().unwrap(), &options);
    opened.map(|(_, path)| path).map_err(|error| error.to_string())
}

const KEYS: [(&str, &str); 2] = [("aws_access_key_id", "id"), ("aws_secret_access_key", "top secret")];

#[test]
fn locations_have_no_credentials() {
    for url in ["s3://id:secret@bucket/calls", "s3://bucket/calls?token=secret"] {
        let error = open(url, &KEYS).unwrap_err();
        assert!(error.contains("never part of a location") && !error.contains("secret"), "{error}");
    }
}

#[test]
fn other_schemes_list_the_supported_ones() {
    for url in ["ftp://host/calls", "http://host/calls", "https://example.com/calls", "hdfs://host/calls"] {
        let error = open(url, &[]).unwrap_err();
        assert!(error.contains("is not supported: this build supports"), "{error}");
    }
}

#[test]
#[cfg(feature = "s3")]
fn unencrypted_endpoints_are_allowed_on_this_machine() {
    let endpoint = |name, url, more: &[(&'static str, &'static str)]| {
        open("s3://bucket/calls", &[&KEYS[..], &[(name, url)], more].concat())
    };
    for name in ["aws_endpoint", "aws_endpoint_url", "aws_endpoint_url_s3"] {
        assert!(endpoint(name, "http://127.0.0.1:5000", &[]).is_ok());
        assert!(endpoint(name, "https://minio.example", &[]).is_ok());
        let error = endpoint(name, "http://minio.example", &[]).unwrap_err();
        assert_eq!(
            error,
            "the endpoint http://minio.example/ is not encrypted: use https, or set allow_http"
        );
        assert!(endpoint(name, "http://minio.example", &[("aws_allow_http", "true")]).is_ok());
    }
    assert!(endpoint("aws_metadata_endpoint", "http://10.0.0.1", &[]).is_ok());
}

#[test]
#[cfg(feature = "azure")]
fn azure_urls_may_name_the_container() {
    let account = [("azure_storage_account_name", "account"), ("azure_storage_account_key", "c2VjcmV0")];
    assert_eq!(open("az://container/calls", &account).unwrap().as_ref(), "calls");
    let url = "abfss://container@account.dfs.core.windows.net/calls";
    assert_eq!(open(url, &account).unwrap().as_ref(), "calls");
}

#[tokio::test]
async fn missing_credentials_fail_at_once() {
    let url = "s3://bucket/calls".parse().unwrap();
    // A port of this machine on which nothing listens.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let options = StoreOptions::default().with("aws_metadata_endpoint", format!("http://{address}"));
    assert!(check_credentials(&url, &options).await.is_ok());
    drop(listener);
    let error = check_credentials(&url, &options).await.unwrap_err();
    assert_eq!(error.to_string(), "there are no credentials for s3://bucket/calls");
    let options = KEYS.iter().fold(options, |all, (name, value)| all.with(name, *value));
    assert!(check_credentials(&url, &options).await.is_ok());
}
