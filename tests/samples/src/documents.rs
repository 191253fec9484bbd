//! Health documents: CDA, METADATA.XML and the IHE_XDM.zip around them (IHE XDM, as French producers write it).

use base64::Engine as _;

use crate::chance::Chance;
use crate::compose::paris;
use crate::people::Patient;
use crate::zip::archive;

/// What a document is.
pub(crate) struct DocumentType {
    pub(crate) code: &'static str,
    pub(crate) label: &'static str,
    pub(crate) class: (&'static str, &'static str),
    pub(crate) template: &'static str,
    pub(crate) format: &'static str,
}

pub(crate) const BIOLOGY: DocumentType = DocumentType {
    code: "11502-2",
    label: "CR d'examens biologiques",
    class: ("10", "Compte rendu"),
    template: "1.2.250.1.213.1.1.1.55",
    format: "urn:asip:ci-sis:cr-bio:2021",
};
pub(crate) const IMAGING: DocumentType = DocumentType {
    code: "18748-4",
    label: "CR d'imagerie médicale",
    class: ("10", "Compte rendu"),
    template: "1.2.250.1.213.1.1.1.45",
    format: "urn:asip:ci-sis:cr-img:2024",
};
pub(crate) const DISCHARGE: DocumentType = DocumentType {
    code: "34105-7",
    label: "Lettre de liaison à la sortie",
    class: ("10", "Compte rendu"),
    template: "1.2.250.1.213.1.1.1.29",
    format: "urn:asip:ci-sis:ldl-ses:2022",
};

/// One line of results.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) code: &'static str,
    pub(crate) value: String,
    pub(crate) unit: &'static str,
    pub(crate) range: &'static str,
    /// `H`, `L`, `HH`, `LL`, `AA`, or empty.
    pub(crate) mark: &'static str,
}

/// A document to put into an archive.
pub(crate) struct Document<'a> {
    pub(crate) kind: &'a DocumentType,
    pub(crate) patient: &'a Patient,
    pub(crate) serial: u64,
    pub(crate) date_unix: i64,
    pub(crate) author: (&'a str, &'a str, &'a str),
    pub(crate) organisation: &'a str,
    pub(crate) text: &'a str,
    pub(crate) rows: &'a [Row],
    /// The page that a level 1 document carries; a level 3 one has sections instead.
    pub(crate) page: Option<&'a [u8]>,
    /// The document that this one replaces.
    pub(crate) replaces: Option<u64>,
}

const INS_TEST: &str = "1.2.250.1.213.1.4.10";
const OWN_ROOT: &str = "1.2.250.1.999.1.1";

fn xml(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn unique(serial: u64) -> String {
    format!("{OWN_ROOT}.{serial}")
}

/// The CDA R2 document: header, and either a page (level 1) or a section with its table (level 3).
pub(crate) fn cda(document: &Document<'_>) -> Vec<u8> {
    let Document {
        kind, patient, author, ..
    } = document;
    let (ins, names) = patient.ins.split_at(13);
    let _ = names;
    let used = patient
        .used_name
        .as_ref()
        .map(|name| format!("<family qualifier=\"CL\">{}</family>", xml(name)))
        .unwrap_or_default();
    let when = paris(document.date_unix).strftime("%Y%m%d%H%M%S%z").to_string();
    let related = document
        .replaces
        .map(|old| format!("<relatedDocument typeCode=\"RPLC\"><parentDocument><id root=\"{}\"/></parentDocument></relatedDocument>", unique(old)))
        .unwrap_or_default();
    let body = match document.page {
        Some(page) => format!(
            "<nonXMLBody><text mediaType=\"application/pdf\" representation=\"B64\">{}</text></nonXMLBody>",
            base64::engine::general_purpose::STANDARD.encode(page)
        ),
        None => section(document),
    };
    let template = if document.page.is_some() { "" } else { kind.template };
    let template = if template.is_empty() {
        String::new()
    } else {
        format!("<templateId root=\"{template}\"/>")
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ClinicalDocument xmlns=\"urn:hl7-org:v3\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
<realmCode code=\"FR\"/><typeId root=\"2.16.840.1.113883.1.3\" extension=\"POCD_HD000040\"/>\
<templateId root=\"2.16.840.1.113883.2.8.2.1\"/><templateId root=\"1.2.250.1.213.1.1.1.1\"/>{template}\
<id root=\"{id}\"/><code code=\"{code}\" displayName=\"{label}\" codeSystem=\"2.16.840.1.113883.6.1\"/>\
<title>{label}</title><effectiveTime value=\"{when}\"/>\
<confidentialityCode code=\"N\" displayName=\"Normal\" codeSystem=\"2.16.840.1.113883.5.25\"/><languageCode code=\"fr-FR\"/>\
<setId root=\"{id}\"/><versionNumber value=\"{version}\"/>\
<recordTarget><patientRole><id extension=\"{ins}\" root=\"{INS_TEST}\"/>\
<telecom value=\"mailto:{address}\"/>\
<patient><name><family qualifier=\"BR\">{birth_name}</family>{used}<given qualifier=\"BR\">{first}</given><given>{first}</given></name>\
<administrativeGenderCode code=\"{sex}\" codeSystem=\"2.16.840.1.113883.5.1\"/><birthTime value=\"{born}\"/>\
<birthplace><place><addr><county>99999</county></addr></place></birthplace></patient></patientRole></recordTarget>\
<author><time value=\"{when}\"/><assignedAuthor><id root=\"1.2.250.1.71.4.2.1\" extension=\"{author_id}\"/>\
<assignedPerson><name><family>{author_name}</family><given>{author_given}</given></name></assignedPerson>\
<representedOrganization><name>{organisation}</name></representedOrganization></assignedAuthor></author>\
<custodian><assignedCustodian><representedCustodianOrganization><id root=\"1.2.250.1.71.4.2.2\" extension=\"1999999999\"/>\
<name>{organisation}</name></representedCustodianOrganization></assignedCustodian></custodian>\
<legalAuthenticator><time value=\"{when}\"/><signatureCode code=\"S\"/><assignedEntity><id root=\"1.2.250.1.71.4.2.1\" extension=\"{author_id}\"/>\
<assignedPerson><name><family>{author_name}</family><given>{author_given}</given></name></assignedPerson></assignedEntity></legalAuthenticator>\
{related}<component>{body}</component></ClinicalDocument>\n",
        id = unique(document.serial),
        code = kind.code,
        label = xml(kind.label),
        version = if document.replaces.is_some() { 2 } else { 1 },
        address = patient.address(),
        birth_name = xml(&patient.birth_name),
        first = xml(&patient.first_name),
        sex = patient.sex,
        born = patient.birth_digits(),
        author_id = author.0,
        author_name = xml(author.1),
        author_given = xml(author.2),
        organisation = xml(document.organisation),
    )
    .into_bytes()
}

fn section(document: &Document<'_>) -> String {
    let mut table = String::new();
    let mut entries = String::new();
    for row in document.rows {
        let style = if row.mark.is_empty() { "" } else { " styleCode=\"Bold\"" };
        table.push_str(&format!(
            "<tr><td>{}</td><td><content{style}>{} {}</content></td><td>{}</td><td>{}</td></tr>",
            xml(row.name),
            xml(&row.value),
            xml(row.unit),
            xml(row.range),
            row.mark
        ));
        let mark = if row.mark.is_empty() {
            String::new()
        } else {
            format!(
                "<interpretationCode code=\"{}\" codeSystem=\"2.16.840.1.113883.5.83\"/>",
                row.mark
            )
        };
        entries.push_str(&format!(
            "<component><observation classCode=\"OBS\" moodCode=\"EVN\"><code code=\"{}\" codeSystem=\"2.16.840.1.113883.6.1\" displayName=\"{}\"/>\
<statusCode code=\"completed\"/><value xsi:type=\"PQ\" value=\"{}\" unit=\"{}\"/>{mark}</observation></component>",
            row.code, xml(row.name), row.value.replace(',', "."), xml(row.unit)
        ));
    }
    let table = if table.is_empty() {
        String::new()
    } else {
        format!(
            "<table border=\"1\"><thead><tr><th>Examen</th><th>Résultat</th><th>Valeurs usuelles</th><th>Alerte</th></tr></thead><tbody>{table}</tbody></table>"
        )
    };
    let paragraphs: String = document
        .text
        .split("\n\n")
        .map(|paragraph| format!("<paragraph>{}</paragraph>", xml(paragraph.trim())))
        .collect();
    let entry = if entries.is_empty() {
        String::new()
    } else {
        format!(
            "<entry><organizer classCode=\"BATTERY\" moodCode=\"EVN\"><statusCode code=\"completed\"/>{entries}</organizer></entry>"
        )
    };
    format!(
        "<structuredBody><component><section><code code=\"{}\" codeSystem=\"2.16.840.1.113883.6.1\"/><title>{}</title>\
<text>{paragraphs}{table}</text>{entry}</section></component></structuredBody>",
        document.kind.code,
        xml(document.kind.label)
    )
}

/// The archive with its documents, each under `SUBSET01`.
pub(crate) fn xdm(documents: &[Document<'_>]) -> Vec<u8> {
    let mut members = Vec::new();
    let Some(first) = documents.first() else {
        return archive(&members);
    };
    let organisation = xml(first.organisation);
    members.push((
        "INDEX.HTM".to_owned(),
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"fr\"><head><title>IHE_XDM</title></head>\
<body><p>Emetteur : {organisation} (1999999999)</p><p><a href=\"README.TXT\">README.TXT</a></p></body></html>\n"
        )
        .into_bytes(),
    ));
    members.push((
        "README.TXT".to_owned(),
        format!(
            "Emetteur\r\n  Organisme : {}\r\n\r\nApplication de l'emetteur\r\n  Nom : Jeu d'essai\r\n\r\nInstructions\r\n  Consultez les documents dans votre logiciel.\r\n\r\n\
Arborescence\r\n  IHE_XDM/SUBSET01/METADATA.XML\r\n",
            first.organisation
        )
        .into_bytes(),
    ));
    let bodies: Vec<Vec<u8>> = documents.iter().map(cda).collect();
    members.push(("IHE_XDM/SUBSET01/METADATA.XML".to_owned(), metadata(documents, &bodies)));
    for (at, body) in bodies.into_iter().enumerate() {
        members.push((format!("IHE_XDM/SUBSET01/DOC{:04}.XML", at + 1), body));
    }
    archive(&members)
}

fn metadata(documents: &[Document<'_>], bodies: &[Vec<u8>]) -> Vec<u8> {
    let mut objects = String::new();
    let mut links = String::new();
    for (at, (document, body)) in documents.iter().zip(bodies).enumerate() {
        objects.push_str(&extrinsic_object(at + 1, document, body));
        links.push_str(&format!(
            "<Association id=\"Association{0:02}\" associationType=\"urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember\" \
sourceObject=\"SubmissionSet01\" targetObject=\"Document{0:02}\"><Slot name=\"SubmissionSetStatus\"><ValueList><Value>Original</Value></ValueList></Slot></Association>",
            at + 1
        ));
    }
    let Some(first) = documents.first() else {
        return Vec::new();
    };
    let set = format!(
        "<RegistryPackage id=\"SubmissionSet01\">{time}<Name><LocalizedString value=\"{label}\"/></Name>{patient}{source}{unique}</RegistryPackage>\
<Classification id=\"cl-set\" classifiedObject=\"SubmissionSet01\" classificationNode=\"urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd\"/>",
        time = slot("submissionTime", &[utc(first.date_unix)]),
        label = xml(first.kind.label),
        patient = identifier(
            "set-p",
            "SubmissionSet01",
            "6b5aea1a-874d-4603-a4bc-96a0a7b38446",
            &patient_id(first.patient)
        ),
        source = identifier(
            "set-s",
            "SubmissionSet01",
            "554ac39e-e3fe-47fe-b233-965d2a147832",
            OWN_ROOT
        ),
        unique = identifier(
            "set-u",
            "SubmissionSet01",
            "96fdda7c-d067-4183-912e-bf5ee74998a8",
            &format!("{OWN_ROOT}.9.{}", first.serial)
        ),
    );
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<lcm:SubmitObjectsRequest xmlns:lcm=\"urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0\" \
xmlns=\"urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0\"><RegistryObjectList>{set}{objects}{links}</RegistryObjectList></lcm:SubmitObjectsRequest>\n"
    )
    .into_bytes()
}

fn extrinsic_object(rank: usize, document: &Document<'_>, body: &[u8]) -> String {
    let Document {
        kind, patient, author, ..
    } = document;
    let id = format!("Document{rank:02}");
    let hash = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, body);
    let hash: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let person = format!(
        "{}^{}^{}^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS",
        author.0, author.1, author.2
    );
    let mut slots = [
        slot("URI", &[format!("DOC{rank:04}.XML")]),
        slot("size", &[body.len().to_string()]),
        slot("hash", &[hash]),
        slot("creationTime", &[utc(document.date_unix)]),
        slot("serviceStartTime", &[utc(document.date_unix - 3600)]),
        slot("languageCode", &["fr-FR".to_owned()]),
        slot("legalAuthenticator", std::slice::from_ref(&person)),
        slot(
            "sourcePatientId",
            &[format!("{}^^^&{OWN_ROOT}.7&ISO^PI", 10_000 + document.serial)],
        ),
        slot(
            "sourcePatientInfo",
            &[
                format!("PID-5|{}^{}^^^^^L", patient.birth_name, patient.first_name),
                format!("PID-7|{}", patient.birth_digits()),
                format!("PID-8|{}", patient.sex),
            ],
        ),
    ]
    .concat();
    if document.replaces.is_some() {
        slots.push_str(&slot("urn:action:extraMetadataSlot", &["C".to_owned()]));
    }
    let format_code = if document.page.is_some() {
        "urn:ihe:iti:xds-sd:pdf:2008"
    } else {
        kind.format
    };
    let classifications: String = [
        ("41a5887f-8865-4c09-adf7-e362475b143a", kind.class.0, kind.class.1, "1.2.250.1.213.1.1.4.1"),
        ("f0306f51-975f-434e-a61c-c59651d33983", kind.code, kind.label, "2.16.840.1.113883.6.1"),
        ("a09d5840-386c-46f2-b5ad-9c3699a4309d", format_code, format_code, "1.3.6.1.4.1.19376.1.2.3"),
        ("f4f85eac-e6cb-4883-b524-f2705394840f", "N", "Normal", "2.16.840.1.113883.5.25"),
        ("f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1", "SA25", "Laboratoire de biologie médicale", "1.2.250.1.71.4.2.4"),
        ("cccf5598-8b07-4b77-a05e-ae952c785ead", "AMBULATOIRE", "Ambulatoire", "1.2.250.1.213.1.1.4.9"),
    ]
    .iter()
    .enumerate()
    .map(|(at, (scheme, code, label, system))| {
        format!(
            "<Classification id=\"cl-{rank}-{at}\" classificationScheme=\"urn:uuid:{scheme}\" classifiedObject=\"{id}\" nodeRepresentation=\"{code}\">{}\
<Name><LocalizedString value=\"{}\"/></Name></Classification>",
            slot("codingScheme", &[(*system).to_owned()]),
            xml(label)
        )
    })
    .collect();
    let author = format!(
        "<Classification id=\"cl-{rank}-a\" classificationScheme=\"urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d\" classifiedObject=\"{id}\" nodeRepresentation=\"\">{}{}</Classification>",
        slot(
            "authorInstitution",
            &[format!(
                "{}^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1999999999",
                document.organisation
            )]
        ),
        slot("authorPerson", &[person]),
    );
    format!(
        "<ExtrinsicObject id=\"{id}\" mimeType=\"text/xml\" objectType=\"urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1\">{slots}\
<Name><LocalizedString value=\"{}\"/></Name>{classifications}{author}{}{}</ExtrinsicObject>",
        xml(kind.label),
        identifier(
            &format!("ei-{rank}-p"),
            &id,
            "58a6f841-87b3-4a3e-92fd-a8ffeff98427",
            &patient_id(patient)
        ),
        identifier(
            &format!("ei-{rank}-u"),
            &id,
            "2e82c1f6-a085-4c72-9da3-8640a32e42ab",
            &unique(document.serial)
        ),
    )
}

fn patient_id(patient: &Patient) -> String {
    format!("{}^^^&{INS_TEST}&ISO^NH", patient.ins)
}

fn identifier(id: &str, object: &str, scheme: &str, value: &str) -> String {
    format!(
        "<ExternalIdentifier id=\"{id}\" registryObject=\"{object}\" identificationScheme=\"urn:uuid:{scheme}\" value=\"{}\"/>",
        xml(value)
    )
}

fn slot(name: &str, values: &[String]) -> String {
    let values: String = values
        .iter()
        .map(|value| format!("<Value>{}</Value>", xml(value)))
        .collect();
    format!("<Slot name=\"{name}\"><ValueList>{values}</ValueList></Slot>")
}

fn utc(unix: i64) -> String {
    jiff::Timestamp::from_second(unix)
        .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
        .strftime("%Y%m%d%H%M%S")
        .to_string()
}

const TESTS: [(&str, &str, &str, &str, u64, u64, u64); 12] = [
    ("Hémoglobine", "718-7", "g/dl", "12,0 - 16,0", 70, 100, 180),
    ("Leucocytes", "26464-8", "G/l", "4,0 - 10,0", 20, 35, 140),
    ("Plaquettes", "26515-7", "G/l", "150 - 400", 800, 1500, 5200),
    ("Créatinine", "14682-9", "µmol/l", "45 - 84", 450, 500, 1800),
    ("Potassium", "2823-3", "mmol/l", "3,5 - 5,1", 28, 34, 64),
    ("Sodium", "2951-2", "mmol/l", "136 - 145", 1280, 1340, 1500),
    ("Glycémie à jeun", "14771-0", "mmol/l", "4,1 - 5,9", 31, 40, 140),
    ("HbA1c", "4548-4", "%", "4,0 - 6,0", 45, 50, 110),
    ("CRP", "1988-5", "mg/l", "< 5", 5, 10, 900),
    ("TSH", "3016-3", "mUI/l", "0,40 - 4,00", 1, 5, 90),
    ("Ferritine", "2276-4", "µg/l", "15 - 150", 50, 150, 4500),
    ("INR", "6301-6", "rapport", "2,0 - 3,0", 9, 18, 62),
];

/// Some results, one in five out of its range.
pub(crate) fn results(chance: &mut Chance) -> Vec<Row> {
    let count = 3 + chance.below(7) as usize;
    let from = chance.below(TESTS.len() as u64) as usize;
    (0..count)
        .map(|at| {
            let (name, code, unit, range, least, low, most) = TESTS[(from + at) % TESTS.len()];
            let (tenths, mark) = match chance.below(10) {
                0 => (most + chance.below(most / 4 + 1), *chance.pick(&["H", "HH", "AA"])),
                1 => (least + chance.below((low - least).max(1)), *chance.pick(&["L", "LL"])),
                _ => (low + chance.below((most - low) / 3 + 1), ""),
            };
            Row {
                name,
                code,
                value: format!("{},{}", tenths / 10, tenths % 10),
                unit,
                range,
                mark,
            }
        })
        .collect()
}
