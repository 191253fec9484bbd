//! The parameters of a request, from its query or from its form.

use axum::body::Body;
use http::Request;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::{BodyExt as _, Limited};
use zeroize::Zeroizing;

use crate::refusal::Refusal;

/// The most parameters that are looked at.
const MOST: usize = 48;

/// Parameters, each there once at most (RFC 6749 §3.1). Wiped when dropped.
pub(crate) struct Parameters(Vec<(String, Zeroizing<String>)>);

/// Too many of them, or one is there twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Muddled;

impl Parameters {
    /// Reads `a=b&c=d`.
    pub(crate) fn read(text: &str) -> Result<Self, Muddled> {
        let mut all: Vec<(String, Zeroizing<String>)> = Vec::new();
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            if all.len() >= MOST || all.iter().any(|(known, _)| *known == name) {
                return Err(Muddled);
            }
            all.push((name.into_owned(), Zeroizing::new(value.into_owned())));
        }
        Ok(Self(all))
    }

    /// Reads the query.
    pub(crate) fn of_query(request: &Request<Body>) -> Result<Self, Muddled> {
        Self::read(request.uri().query().unwrap_or_default())
    }

    /// Reads the form in the body, at most `largest` octets.
    pub(crate) async fn of_form(request: Request<Body>, largest: usize) -> Result<Self, Refusal> {
        let announced = announced(&request)?;
        if announced.is_some_and(|length| length > largest) {
            return Err(Refusal::too_large());
        }
        // Reserved at once: what grows leaves copies of itself behind.
        let mut text = Zeroizing::new(Vec::with_capacity(announced.unwrap_or(largest)));
        let mut body = Limited::new(request.into_body(), largest);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| match error.is::<http_body_util::LengthLimitError>() {
                true => Refusal::too_large(),
                false => Refusal::request("the form did not arrive whole"),
            })?;
            if let Some(piece) = frame.data_ref() {
                text.extend_from_slice(piece);
            }
        }
        let text = std::str::from_utf8(&text).map_err(|_| Refusal::request("the form is not text"))?;
        Self::read(text).map_err(|_| Refusal::request("a parameter is there twice, or there are too many"))
    }

    /// A parameter that is there and is not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }
}

/// The length told of a body, which must be a form.
fn announced(request: &Request<Body>) -> Result<Option<usize>, Refusal> {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let kind = header(CONTENT_TYPE)
        .and_then(|kind| kind.split(';').next())
        .unwrap_or_default();
    if !kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Refusal::request("a form is expected"));
    }
    Ok(header(CONTENT_LENGTH).and_then(|length| length.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_parameter_is_there_once() {
        let read = Parameters::read("a=b+c%20d&e=&f=%C3%A9").unwrap();
        assert_eq!(
            (read.get("a"), read.get("e"), read.get("f")),
            (Some("b c d"), None, Some("é"))
        );
        assert!(Parameters::read("a=1&b=2&a=3").is_err());
        assert!(Parameters::read("a=1&%61=2").is_err());
        let many: Vec<String> = (0..=MOST).map(|n| format!("p{n}=1")).collect();
        assert!(Parameters::read(&many.join("&")).is_err());
        assert!(Parameters::read("").is_ok());
    }
}
