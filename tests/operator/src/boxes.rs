//! The boxes of the local operator, and the persons who open them.

use serde_json::{Value, json};

/// The domains that the local operator serves, the first two as two operators, the third for patients.
pub const DOMAINS: [&str; 3] = ["alpha.mssante.test", "beta.mssante.test", "patient.mssante.test"];

/// National id of dr.martin, who opens `dr.martin@` and `cabinet@alpha.mssante.test`.
pub const DR_MARTIN: &str = "899700000013";
/// National id of dr.leroy, who opens `dr.leroy@` and `cabinet@alpha.mssante.test`.
pub const DR_LEROY: &str = "899700000021";
/// National id of the professional whose box `plein@alpha.mssante.test` is over its quota.
pub const DR_PLEIN: &str = "899700000039";
/// National id of the biologist who opens `labo@beta.mssante.test`.
pub const BIOLOGIST: &str = "899700000047";

/// Address of the organisational box opened by client certificate.
pub const SECRETARIAT: &str = "secretariat@alpha.mssante.test";
/// Address of the box that is over its quota.
pub const FULL: &str = "plein@alpha.mssante.test";
/// Storage allowed to [`FULL`], in KiB. Every other box has 500 MiB.
pub const FULL_QUOTA_KIB: u32 = 8;

/// The boxes, each by its address.
pub const BOXES: [&str; 7] = [
    "dr.martin@alpha.mssante.test",
    "dr.leroy@alpha.mssante.test",
    "cabinet@alpha.mssante.test",
    SECRETARIAT,
    FULL,
    "labo@beta.mssante.test",
    "271087511405174@patient.mssante.test",
];

/// Someone whom the identity provider knows.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    /// National id: 8 followed by the RPPS number.
    pub national_id: &'static str,
    /// First name.
    pub given_name: &'static str,
    /// Family name, in capitals as Pro Santé Connect gives it.
    pub family_name: &'static str,
    /// Profession code of the TRE_G15 nomenclature: 10 physician, 21 pharmacist.
    pub profession: &'static str,
    /// The boxes that a token of this person opens, three at most.
    pub mailboxes: &'static [&'static str],
}

/// Everyone whom the identity provider knows; the first is who logs in when nobody is named.
pub const PEOPLE: [Person; 4] = [
    Person {
        national_id: DR_MARTIN,
        given_name: "Claire",
        family_name: "MARTIN",
        profession: "10",
        mailboxes: &["dr.martin@alpha.mssante.test", "cabinet@alpha.mssante.test"],
    },
    Person {
        national_id: DR_LEROY,
        given_name: "Paul",
        family_name: "LEROY",
        profession: "10",
        mailboxes: &["dr.leroy@alpha.mssante.test", "cabinet@alpha.mssante.test"],
    },
    Person {
        national_id: DR_PLEIN,
        given_name: "Élise",
        family_name: "PLEIN",
        profession: "10",
        mailboxes: &[FULL],
    },
    Person {
        national_id: BIOLOGIST,
        given_name: "Benoît",
        family_name: "AMAR",
        profession: "21",
        mailboxes: &["labo@beta.mssante.test"],
    },
];

/// What the identity provider reads at its start: each person's boxes and claims, as Pro Santé Connect's userinfo has them.
pub(crate) fn people_json() -> Value {
    let people = PEOPLE.iter().map(|person| {
        let id = person.national_id;
        let claims = json!({
            "SubjectNameID": id,
            "preferred_username": id,
            "given_name": person.given_name,
            "family_name": person.family_name,
            "SubjectRole": [format!("{}^1.2.250.1.213.1.1.5.5", person.profession)],
            "SubjectOrganization": "CABINET DE L'ESSAI",
            "SubjectOrganizationID": "R99700000000001",
            "Secteur_Activite": "SA07^1.2.250.1.213.1.1.4.9",
            "Palier_Authentification": "APPPRIP3^1.2.250.1.213.1.5.1.1.1",
            "SubjectRefPro": {
                "codeCivilite": "DR",
                "exercices": [{
                    "codeProfession": person.profession,
                    "codeCategorieProfessionnelle": "C",
                    "codeCiviliteDexercice": "DR",
                    "nomDexercice": person.family_name,
                    "prenomDexercice": person.given_name,
                    "codeTypeSavoirFaire": "S",
                    "codeSavoirFaire": "SM54",
                    "activities": [{
                        "codeModeExercice": "L",
                        "codeSecteurDactivite": "SA07",
                        "raisonSocialeSite": "CABINET DE L'ESSAI"
                    }]
                }]
            }
        });
        (
            id.to_owned(),
            json!({ "mailboxes": person.mailboxes, "claims": claims }),
        )
    });
    Value::Object(people.collect())
}
