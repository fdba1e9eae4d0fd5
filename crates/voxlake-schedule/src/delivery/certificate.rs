//! TLS errors that no retry resolves.

use std::error::Error;

/// Returns whether `error` is caused by a server certificate that is not trusted.
pub(super) fn is_certificate_refused(error: &(dyn Error + 'static)) -> bool {
    let is_of_certificate = |error: &rustls::Error| matches!(error, rustls::Error::InvalidCertificate(_));
    if error.downcast_ref().is_some_and(is_of_certificate) {
        return true;
    }
    // `source` of an I/O error skips the error that it wraps.
    if let Some(wrapped) = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        return is_certificate_refused(wrapped);
    }
    error.source().is_some_and(is_certificate_refused)
}

#[cfg(test)]
mod tests {
    use std::io;

    use rustls::CertificateError;

    use super::*;

    #[test]
    fn wrapped_certificate_errors_are_found() {
        let refused = || rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        assert!(is_certificate_refused(&refused()));
        assert!(is_certificate_refused(&io::Error::other(io::Error::other(refused()))));
        assert!(!is_certificate_refused(&io::Error::other(rustls::Error::DecryptError)));
        assert!(!is_certificate_refused(&io::Error::other("certificate")));
    }
}
