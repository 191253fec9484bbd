//! Who logged in, as the provider's userinfo says.

use pli_terms::NationalId;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use crate::error::IdentityError;
use crate::http::Request;
use crate::provider::{Provider, json, successful};
use crate::witness::Step;

const ASKING: &str = "asking who the person is";
/// Longest name that is kept, in characters.
const MAX_NAME: usize = 128;

/// A health professional, as Pro Santé Connect knows them. The author of every trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// `SubjectNameID`: 8 followed by the RPPS number, or another national identifier.
    pub national_id: NationalId,
    /// First name, at most 128 characters.
    pub given_name: String,
    /// Family name, at most 128 characters.
    pub family_name: String,
    /// Code of the profession in the TRE_G15 nomenclature, of the first exercise declared: `10` for a physician.
    pub profession: Option<String>,
    /// Code of the speciality (TRE_R38 and others), of the first exercise declared: `SM54` for a general practitioner.
    pub speciality: Option<String>,
}

impl Person {
    /// First name then family name.
    #[must_use]
    pub fn display_name(&self) -> String {
        format!("{} {}", self.given_name, self.family_name)
    }
}

#[derive(Deserialize)]
struct UserInfo {
    sub: String,
    #[serde(rename = "SubjectNameID")]
    subject_name_id: Option<String>,
    given_name: Option<String>,
    family_name: Option<String>,
    #[serde(rename = "SubjectRefPro", default)]
    subject_ref_pro: Value,
}

/// Asks the provider who the bearer of `access` is, who must be `subject` (OpenID Connect Core §5.3.2).
pub(crate) async fn ask(provider: &Provider, access: &SecretString, subject: &str) -> Result<Person, IdentityError> {
    let request = Request::Get {
        url: provider.metadata().userinfo_endpoint.clone(),
        bearer: Some(access.clone()),
    };
    let answer = provider
        .courier()
        .ask(Step::UserInfo, request)
        .await
        .map_err(|problem| IdentityError::Unreachable { doing: ASKING, problem })?;
    successful(ASKING, &answer)?;
    let info: UserInfo = json(ASKING, &answer)?;
    if info.sub != subject {
        return Err(IdentityError::Person("it is about somebody else"));
    }
    person(info)
}

fn person(info: UserInfo) -> Result<Person, IdentityError> {
    let id = info
        .subject_name_id
        .ok_or(IdentityError::Person("no national identifier"))?;
    let national_id = NationalId::parse(&id).map_err(|_| IdentityError::Person("the national identifier is none"))?;
    let name = |text: Option<String>| text.map(|text| readable(&text)).unwrap_or_default();
    let (given_name, family_name) = (name(info.given_name), name(info.family_name));
    if family_name.is_empty() {
        return Err(IdentityError::Person("no name"));
    }
    let exercise = &info.subject_ref_pro["exercices"][0];
    let code = |key: &str| exercise[key].as_str().filter(|code| is_code(code)).map(str::to_owned);
    let (profession, speciality) = (code("codeProfession"), code("codeSavoirFaire"));
    Ok(Person {
        national_id,
        given_name,
        family_name,
        profession,
        speciality,
    })
}

fn is_code(text: &str) -> bool {
    (1..=16).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// A name without control characters or marks that turn the direction of writing.
fn readable(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
    };
    text.chars()
        .filter(|c| !hidden(*c))
        .take(MAX_NAME)
        .collect::<String>()
        .trim()
        .to_owned()
}
