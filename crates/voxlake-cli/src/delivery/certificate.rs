//! Failures of TLS that waiting does not mend.

use std::error::Error;

/// Whether `error` comes from a server's certificate that is not trusted.
pub(super) fn is_refused(error: &(dyn Error + 'static)) -> bool {
    let is_of_certificate = |error: &rustls::Error| matches!(error, rustls::Error::InvalidCertificate(_));
    if error.downcast_ref().is_some_and(is_of_certificate) {
        return true;
    }
    // The source of an I/O error is that of the error which it wraps.
    if let Some(wrapped) = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        return is_refused(wrapped);
    }
    error.source().is_some_and(is_refused)
}

#[cfg(test)]
mod tests {
    use std::io;

    use rustls::CertificateError;

    use super::*;

    #[test]
    fn a_certificate_is_found_behind_wrapping_errors() {
        let refused = || rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        assert!(is_refused(&refused()));
        assert!(is_refused(&io::Error::other(io::Error::other(refused()))));
        assert!(!is_refused(&io::Error::other(rustls::Error::DecryptError)));
        assert!(!is_refused(&io::Error::other("certificate")));
    }
}
