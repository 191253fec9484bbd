//! The provider's id token, checked (OpenID Connect Core §3.1.3.7), and ours made from it.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::jws::{Claims, JwsProblem, same};

/// How far the provider's clock may be ahead or behind, in seconds.
const LEEWAY: i64 = 60;

/// What an id token has to say.
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) audience: &'a str,
    /// The lowest level of authentication.
    pub(crate) acr: &'a str,
    pub(crate) answers: Answers<'a>,
}

/// Which request it answers.
#[derive(Clone, Copy)]
pub(crate) enum Answers<'a> {
    /// A login in the browser, with this nonce.
    Code { nonce: &'a str },
    /// A login by phone.
    Ciba,
    /// A refresh of this subject's session (§12.2).
    Refresh { subject: &'a str },
}

/// What is kept of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Proof {
    pub(crate) subject: String,
    expires: i64,
    /// `acr`, `amr` and `auth_time`, as they were said.
    said: Vec<(&'static str, Value)>,
}

/// Why an id token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum IdTokenProblem {
    #[error("there is none")]
    Missing,
    #[error(transparent)]
    Signature(#[from] JwsProblem),
    #[error("it is of another provider")]
    Issuer,
    #[error("it is for another client")]
    Audience,
    #[error("it is out of its time")]
    Time,
    #[error("it answers another login")]
    Nonce,
    #[error("the level of authentication is too low")]
    Level,
    #[error("it is about nobody, or somebody else")]
    Subject,
}

/// Checks claims whose signature was checked.
pub(crate) fn check(claims: &Claims, expected: &Expected<'_>, now: Timestamp) -> Result<Proof, IdTokenProblem> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(expected.issuer) {
        return Err(IdTokenProblem::Issuer);
    }
    let (mine, alone) = match claims.get("aud") {
        Some(Value::String(one)) => (one == expected.audience, true),
        Some(Value::Array(many)) => (many.iter().any(|one| one == expected.audience), many.len() == 1),
        _ => (false, true),
    };
    let authorized = match text("azp") {
        Some(party) => party == expected.audience,
        None => alone,
    };
    if !mine || !authorized {
        return Err(IdTokenProblem::Audience);
    }
    let now = now.as_second();
    let moment = |name: &str| claims.get(name).and_then(Value::as_f64).map(|seconds| seconds as i64);
    let expires = moment("exp").ok_or(IdTokenProblem::Time)?;
    let issued = moment("iat").ok_or(IdTokenProblem::Time)?;
    let begun = moment("nbf").unwrap_or(issued);
    if expires <= now - LEEWAY || issued > now + LEEWAY || begun > now + LEEWAY {
        return Err(IdTokenProblem::Time);
    }
    if let Answers::Code { nonce } = expected.answers
        && !text("nonce").is_some_and(|said| same(said, nonce))
    {
        return Err(IdTokenProblem::Nonce);
    }
    let must_say = !matches!(expected.answers, Answers::Refresh { .. });
    match text("acr") {
        Some(said) if is_enough(said, expected.acr) => {}
        None if !must_say => {}
        _ => return Err(IdTokenProblem::Level),
    }
    let subject = text("sub").filter(|subject| (1..=255).contains(&subject.len()));
    let subject = subject.ok_or(IdTokenProblem::Subject)?;
    if let Answers::Refresh { subject: before } = expected.answers
        && subject != before
    {
        return Err(IdTokenProblem::Subject);
    }
    let said = ["acr", "amr", "auth_time"]
        .into_iter()
        .filter_map(|name| claims.get(name).map(|value| (name, value.clone())));
    Ok(Proof {
        subject: subject.to_owned(),
        expires,
        said: said.collect(),
    })
}

/// Whether a level is the one asked for or a stronger one of the same family: `eidas2` where `eidas1` was asked for.
fn is_enough(said: &str, asked: &str) -> bool {
    let split = |text: &str| {
        let family = text.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        text.split_at_checked(family)
            .map(|(family, level)| (family.to_owned(), level.parse::<u32>().ok()))
    };
    match (split(said), split(asked)) {
        (Some((family, Some(level))), Some((wanted, Some(least)))) => family == wanted && level >= least,
        _ => said == asked,
    }
}

/// The name of the claim that holds the provider's own token, sealed: what the logout needs.
pub(crate) const HINT: &str = "pli_relay_hint";

/// The claims of our own id token, for `client`.
pub(crate) fn ours(
    proof: &Proof,
    issuer: &str,
    client: &str,
    nonce: Option<&str>,
    hint: Option<String>,
    now: Timestamp,
) -> Value {
    let now = now.as_second();
    let mut claims = json!({
        "iss": issuer,
        "sub": proof.subject,
        "aud": client,
        "iat": now,
        // Believed though a little late, it is given time to arrive.
        "exp": proof.expires.max(now + LEEWAY),
    });
    let more = proof
        .said
        .iter()
        .cloned()
        .chain(nonce.map(|nonce| ("nonce", nonce.into())))
        .chain(hint.map(|hint| (HINT, hint.into())));
    for (name, value) in more {
        if let Some(claims) = claims.as_object_mut() {
            claims.insert(name.to_owned(), value);
        }
    }
    claims
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Claims {
        let claims = json!({
            "iss": "https://psc.test", "aud": "relais", "sub": "f:1", "exp": 1300, "iat": 1000, "nonce": "n",
            "acr": "eidas1", "amr": ["mobile"], "auth_time": 990,
        });
        claims.as_object().cloned().unwrap()
    }

    fn judged(claims: &Claims, answers: Answers<'_>, second: i64) -> Result<Proof, IdTokenProblem> {
        let expected = Expected {
            issuer: "https://psc.test",
            audience: "relais",
            acr: "eidas1",
            answers,
        };
        check(claims, &expected, Timestamp::from_second(second).unwrap())
    }

    #[test]
    fn each_claim_is_looked_at() {
        let code = Answers::Code { nonce: "n" };
        assert!(judged(&good(), code, 1000).is_ok());
        let wrong = [
            ("iss", json!("https://autre.test"), IdTokenProblem::Issuer),
            ("iss", json!(null), IdTokenProblem::Issuer),
            ("aud", json!("autre"), IdTokenProblem::Audience),
            ("aud", json!(["relais", "autre"]), IdTokenProblem::Audience),
            ("aud", json!(7), IdTokenProblem::Audience),
            ("azp", json!("autre"), IdTokenProblem::Audience),
            ("exp", json!(900), IdTokenProblem::Time),
            ("exp", json!(null), IdTokenProblem::Time),
            ("iat", json!(1200), IdTokenProblem::Time),
            ("iat", json!("tantôt"), IdTokenProblem::Time),
            ("nbf", json!(1200), IdTokenProblem::Time),
            ("nonce", json!("m"), IdTokenProblem::Nonce),
            ("nonce", json!(null), IdTokenProblem::Nonce),
            ("acr", json!("eidas0"), IdTokenProblem::Level),
            ("acr", json!("loa3"), IdTokenProblem::Level),
            ("acr", json!(null), IdTokenProblem::Level),
            ("sub", json!(""), IdTokenProblem::Subject),
            ("sub", json!(null), IdTokenProblem::Subject),
        ];
        for (name, value, problem) in wrong {
            let mut claims = good();
            claims.insert(name.to_owned(), value.clone());
            assert_eq!(judged(&claims, code, 1000), Err(problem), "{name}: {value}");
        }
        let mut stronger = good();
        stronger.insert("acr".to_owned(), json!("eidas3"));
        stronger.insert("aud".to_owned(), json!(["relais", "autre"]));
        stronger.insert("azp".to_owned(), json!("relais"));
        assert!(judged(&stronger, code, 1000).is_ok());
    }

    #[test]
    fn a_refresh_is_about_the_same_person_and_may_leave_the_level_out() {
        let mut claims = good();
        claims.remove("acr");
        claims.remove("nonce");
        assert!(judged(&claims, Answers::Refresh { subject: "f:1" }, 1000).is_ok());
        assert_eq!(judged(&claims, Answers::Ciba, 1000), Err(IdTokenProblem::Level));
        let other = Answers::Refresh { subject: "f:2" };
        assert_eq!(judged(&claims, other, 1000), Err(IdTokenProblem::Subject));
    }

    #[test]
    fn ours_is_from_us_to_pli() {
        let proof = judged(&good(), Answers::Code { nonce: "n" }, 1000).unwrap();
        let now = Timestamp::from_second(1000).unwrap();
        let claims = ours(
            &proof,
            "https://relais.test",
            "pli",
            Some("à Pli"),
            Some("scellé".to_owned()),
            now,
        );
        let expected = json!({
            "iss": "https://relais.test", "aud": "pli", "sub": "f:1", "exp": 1300, "iat": 1000, "nonce": "à Pli",
            "acr": "eidas1", "amr": ["mobile"], "auth_time": 990, "pli_relay_hint": "scellé",
        });
        assert_eq!(claims, expected);
    }
}
