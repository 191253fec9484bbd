//! The trust anchors that are shipped.

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use webpki::EndEntityCert;

use crate::Policy;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02X}")).collect::<Vec<_>>().join(":")
}

#[test]
fn the_shipped_chain_is_the_published_one() {
    let fingerprints: Vec<_> = Policy::production()
        .unwrap()
        .fingerprints()
        .iter()
        .map(|f| hex(f))
        .collect();
    assert_eq!(
        fingerprints,
        [
            "2D:9E:22:CA:19:F7:77:C6:B7:45:25:7C:72:3E:CB:8D:F3:C3:5F:A6:F1:F6:EC:36:B8:36:00:C9:73:46:96:7F",
            "D8:34:EE:5B:40:68:6B:73:57:3F:60:54:7B:F6:05:2C:6D:40:4D:94:2A:56:65:CD:B2:C0:B9:13:7B:5D:27:B2",
        ]
    );
}

#[test]
fn the_shipped_authority_is_signed_by_the_shipped_root() {
    use x509_parser::prelude::{FromDer, X509Certificate};
    let policy = Policy::production().unwrap();
    let authority = &policy.organisations()[0];
    let root = policy
        .root(EndEntityCert::try_from(authority).unwrap().issuer())
        .expect("its issuer is the root");
    let (_, parsed) = X509Certificate::from_der(authority).unwrap();
    EndEntityCert::try_from(root)
        .unwrap()
        .verify_signature(
            webpki::ring::RSA_PKCS1_2048_8192_SHA256,
            parsed.tbs_certificate.as_ref(),
            &parsed.signature_value.data,
        )
        .unwrap();
}

#[test]
fn the_shipped_authority_says_where_the_roots_list_is() {
    let policy = Policy::production().unwrap();
    // It names an LDAP address too, which is left aside.
    assert_eq!(
        crate::verifier::distribution_points(&policy.organisations()[0]),
        ["http://igc-sante.esante.gouv.fr/CRL/ACR-EL.crl"]
    );
}

#[test]
fn unreadable_anchors_are_an_error() {
    let pem = include_bytes!("../../trust/igc-sante-racine-elementaire.pem");
    assert!(CertificateDer::from_pem_slice(pem).is_ok());
    for text in [
        &b""[..],
        b"no certificate",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        assert!(Policy::local(text, pem, None).is_err());
        assert!(Policy::local(pem, text, None).is_err());
    }
}
