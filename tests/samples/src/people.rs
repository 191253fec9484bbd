//! The people of the samples: none exists. Patients' identities carry a valid key and a birth place that no commune has.

/// `Name <address>` of the practitioner whose box the samples fill.
pub(crate) const MARTIN: &str = "Dr_Claire_MARTIN_Cabinet des Tilleuls <dr.martin@alpha.mssante.test>";
pub(crate) const LEROY: &str = "Dr_Paul_LEROY_Cabinet des Tilleuls <dr.leroy@alpha.mssante.test>";
pub(crate) const CABINET: &str = "Cabinet médical des Tilleuls <cabinet@alpha.mssante.test>";
pub(crate) const SECRETARIAT: &str = "Secrétariat de cardiologie, hôpital Sainte-Aure <secretariat@alpha.mssante.test>";
pub(crate) const LABO: &str = "Laboratoire des Acacias <labo@beta.mssante.test>";
pub(crate) const IMAGING: &str = "Centre d'imagerie du Parc <imagerie@beta.mssante.test>";
pub(crate) const POSTMASTER: &str = "Service de messagerie <postmaster@alpha.mssante.test>";
pub(crate) const DAEMON: &str = "Mail Delivery System <MAILER-DAEMON@alpha.mssante.test>";

/// A fictional patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patient {
    /// Birth name, upper case without accents, as the INS identity writes it.
    pub birth_name: String,
    /// First of the birth first names, upper case.
    pub first_name: String,
    /// The name used every day, when it differs.
    pub used_name: Option<String>,
    /// `F` or `M`.
    pub sex: char,
    /// Year, month, day of birth.
    pub born: (u16, u8, u8),
    /// INS number: 13 digits and a valid key of 2.
    pub ins: String,
}

impl Patient {
    /// `31/12/1970`.
    #[must_use]
    pub fn birth_date(&self) -> String {
        format!("{:02}/{:02}/{}", self.born.2, self.born.1, self.born.0)
    }

    /// `19701231`, as CDA and XDM write it.
    pub(crate) fn birth_digits(&self) -> String {
        format!("{}{:02}{:02}", self.born.0, self.born.1, self.born.2)
    }

    /// The address of the patient's own box (ECO.2.2.6).
    #[must_use]
    pub fn address(&self) -> String {
        format!("{}@patient.mssante.test", self.ins)
    }

    /// `Name <address>` as the patients' portal writes it.
    pub(crate) fn mailbox(&self) -> String {
        format!("{} {} <{}>", self.first_name, self.birth_name, self.address())
    }

    /// `Mme` or `M.`
    pub(crate) fn title(&self) -> &'static str {
        if self.sex == 'F' { "Mme" } else { "M." }
    }

    /// `Mme LANGEVIN-TEST` with the name used every day.
    pub(crate) fn spoken(&self) -> String {
        format!(
            "{} {}",
            self.title(),
            self.used_name.as_ref().unwrap_or(&self.birth_name)
        )
    }
}

const NAMES: [(&str, &str, char, Option<&str>); 36] = [
    ("AUBREVAL", "JEANNE", 'F', Some("MORTEVEILLE")),
    ("BRISSEPIERRE", "LUCIEN", 'M', None),
    ("CHANTEMERLE", "ODETTE", 'F', Some("VAUGRENOT")),
    ("DORMELOUP", "KARIM", 'M', None),
    ("ESTREVAL", "NADEGE", 'F', None),
    ("FONTARIVE", "BAPTISTE", 'M', None),
    ("GRANDCOING", "YVETTE", 'F', Some("PELLEROUX")),
    ("HAUTEBRUNE", "MARCEL", 'M', None),
    ("ISLEMOURE", "FATOUMATA", 'F', None),
    ("JOLIVERGNE", "THEO", 'M', None),
    ("KERMADIOU", "GWENAELLE", 'F', Some("TREVALLON")),
    ("LOUVEFONT", "ANTOINE", 'M', None),
    ("MONTESQUIRE", "SIMONE", 'F', Some("BRETAUDIERE")),
    ("NOIRVAL", "HUGO", 'M', None),
    ("ORMESSIERE", "AICHA", 'F', None),
    ("PUYROLAND", "GERARD", 'M', None),
    ("QUINCEROT", "ELODIE", 'F', None),
    ("ROCHEMAILLE", "FRANCOIS", 'M', None),
    ("SAINTEFOND", "MARGUERITE", 'F', Some("DUVERNAC")),
    ("TOURNEBLE", "MEHDI", 'M', None),
    ("URVILLAC", "CAMILLE", 'F', None),
    ("VALCROISE", "RENE", 'M', None),
    ("WATREPONT", "SOLANGE", 'F', None),
    ("XAINTRIE", "PAUL", 'M', None),
    ("YVERDOUX", "LINA", 'F', None),
    ("ZELLINGUE", "JOSEPH", 'M', None),
    ("BOISGARNIER", "ANNE-LAURE", 'F', Some("CASTELVIEL")),
    ("CLAIREFONTE", "OUSMANE", 'M', None),
    ("DEVERNOUX", "PAULETTE", 'F', None),
    ("ESCARBOTTE", "NOE", 'M', None),
    ("FERREVAULX", "INES", 'F', None),
    ("GUILLEMARD", "ROLAND", 'M', None),
    ("HERBEVILLON", "COLETTE", 'F', Some("MASSERAND")),
    ("JONQUERET", "SAMUEL", 'M', None),
    ("LAMBREVILLE", "ZOE", 'F', None),
    ("MIREBELLE", "ALPHONSE", 'M', None),
];

/// The fictional patients, always in the same order.
#[must_use]
pub fn patients() -> Vec<Patient> {
    let mut chance = crate::chance::Chance::new(0x0050_4154_4945_4E54);
    NAMES
        .iter()
        .enumerate()
        .map(|(at, (birth_name, first_name, sex, used_name))| {
            let year = 1931 + (chance.below(88) as u16);
            let born = (year, 1 + chance.below(12) as u8, 1 + chance.below(28) as u8);
            Patient {
                birth_name: (*birth_name).to_owned(),
                first_name: (*first_name).to_owned(),
                used_name: used_name.map(str::to_owned),
                sex: *sex,
                born,
                ins: ins(*sex, born, 100 + at as u64),
            }
        })
        .collect()
}

/// 13 digits and the key 97 − (n mod 97). The place 99 999 is no commune and no country.
fn ins(sex: char, born: (u16, u8, u8), order: u64) -> String {
    let head = if sex == 'F' { 2_u64 } else { 1 };
    let number =
        ((head * 100 + u64::from(born.0 % 100)) * 100 + u64::from(born.1)) * 100_000_000 + 99_999 * 1000 + order;
    format!("{number:013}{:02}", 97 - number % 97)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_patient_has_a_valid_key_of_its_own() {
        let all = patients();
        let mut seen = std::collections::BTreeSet::new();
        for patient in &all {
            assert_eq!(patient.ins.len(), 15, "{patient:?}");
            let number: u64 = patient.ins[..13].parse().unwrap();
            let key: u64 = patient.ins[13..].parse().unwrap();
            assert_eq!((number + key) % 97, 0);
            assert_eq!(&patient.ins[5..10], "99999");
            assert!(seen.insert(patient.ins.clone()));
        }
        let issued: u64 = 2_710_875_114_051;
        assert_eq!(97 - issued % 97, 74, "the operator's patient box has a valid key too");
    }
}
