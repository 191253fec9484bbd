import type { Kind, Message, Party, Row } from "../backend";
import { accounts } from "./people";

interface Model {
  readonly who: string;
  readonly address: string;
  readonly kind: Kind;
  readonly subject: string;
  readonly text: string;
  readonly attachments?: number;
  readonly document?: boolean;
  readonly html?: boolean;
}

const MODELS: readonly Model[] = [
  {
    who: "Laboratoire Bio-Rivage",
    address: "resultats@bio-rivage.mssante.example",
    kind: "professional",
    subject: "Compte rendu de biologie du 17 novembre",
    text: "Bonjour,\n\nVeuillez trouver ci-joint le compte rendu de votre patiente. Un résultat est à voir sans attendre.\n\nLe secrétariat du laboratoire",
    attachments: 2,
    document: true,
  },
  {
    who: "CH de Valmont-sur-Aure, chirurgie",
    address: "chirurgie@ch-valmont.mssante.example",
    kind: "professional",
    subject: "Sortie d’hospitalisation",
    text: "Cher confrère, chère consœur,\n\nVotre patient est sorti ce jour. Le compte rendu est joint.",
    attachments: 4,
    document: true,
  },
  {
    who: "Dr Hélène CASTAING",
    address: "h.castaing@port-merel.mssante.example",
    kind: "professional",
    subject: "Avis sur l’adaptation du bisoprolol",
    text: "Chère Élise,\n\nMerci de m’avoir adressé Mme B. pour sa fatigue à l’effort. La fréquence au repos est à 52 par minute, sans trouble conductif à l’électrocardiogramme de ce jour.\n\nJe propose de passer le bisoprolol à 1,25 mg le matin et de la revoir dans un mois, avec un enregistrement de 24 heures. L’apixaban est inchangé.\n\nBien confraternellement,\nHélène Castaing\n\n> Chère consœur,\n> Je vous adresse Mme B., que vous suivez pour une fibrillation atriale.\n> Merci de votre avis.",
  },
  {
    who: "Pharmacie du Port",
    address: "pharmacie.port@sainte-oree.mssante.example",
    kind: "professional",
    subject: "Rupture de stock : proposition de remplacement",
    text: "Bonjour docteur,\n\nLe médicament prescrit est en rupture. Nous proposons la même molécule en 2,5 mg.",
    attachments: 1,
  },
  {
    who: "PELLETIER Jean-Marc",
    address: "157039999901234@patient.mssante.example",
    kind: "patient",
    subject: "Renouvellement de mon traitement",
    text: "Bonjour docteur,\n\nPuis-je avoir le renouvellement de mon ordonnance ?\n\nMerci.",
  },
  {
    who: "Réseau Gérontologie du Littoral",
    address: "lettre@geronto-littoral.mssante.example",
    kind: "professional",
    subject: "La lettre de novembre : vaccination et prévention des chutes",
    text: "La lettre de novembre. Vaccination contre la grippe, ateliers d’équilibre, agenda des réunions.",
    html: true,
  },
  {
    who: "Votre opérateur MSSanté",
    address: "postmaster@cabinet-lilas.mssante.example",
    kind: "system",
    subject: "Boîte « Cabinet des Lilas » remplie à 91 %",
    text: "Votre boîte est remplie à 91 %.",
  },
  {
    who: "Imagerie des Tilleuls",
    address: "imagerie@tilleuls.mssante.example",
    kind: "professional",
    subject: "Radiographie du thorax",
    text: "Compte rendu joint.",
    attachments: 1,
    document: true,
  },
  {
    who: "Service de distribution",
    address: "mailer-daemon@cabinet-lilas.mssante.example",
    kind: "system",
    subject: "Message non remis à Dr Paul Mercier",
    text: "Le message n’a pas pu être remis.",
  },
  {
    who: "Infirmière Camille ROY",
    address: "c.roy@idel-port.mssante.example",
    kind: "professional",
    subject: "Re : pansement de M. KACI, passage du matin",
    text: "Bonjour, la cicatrisation évolue bien. Je repasse jeudi.",
  },
];

const TOTAL = 412;
const NOW = Date.parse("2026-11-17T09:04:00+01:00");

function offset(at: number): string {
  const local = new Date(at + 3_600_000).toISOString();
  return `${local.slice(0, 19)}+01:00`;
}

/** Rows newest first: a busy day, then fewer. */
export function makeRows(): Row[] {
  return Array.from({ length: TOTAL }, (_, index): Row => {
    const model = MODELS[index % MODELS.length] as Model;
    const account = accounts[index % 7 === 1 ? 1 : index % 5 === 3 ? 2 : 0] ?? accounts[0];
    const at = NOW - index * 15 * 60_000 - Math.floor(index / 8) * 20 * 3_600_000;
    return {
      id: 1000 + index,
      account: account?.id ?? 1,
      folder: (account?.id ?? 1) * 100,
      who: { name: model.who, address: model.address },
      kind: model.kind,
      subject: model.subject,
      snippet: model.text.split("\n").filter(Boolean).slice(0, 2).join(" "),
      date: offset(at),
      seen: index % 3 !== 1 && index > 0,
      flagged: index % 11 === 9,
      answered: index % 13 === 2 && index > 2,
      forwarded: false,
      attachments: model.attachments ?? 0,
      document: model.document ?? false,
      pending: false,
      handling: null,
      excerpt: null,
    };
  });
}

const HTML_PAGE = `<!doctype html><meta charset="utf-8"><body style="font:15px/1.5 sans-serif;margin:24px;color:#1a1a1a"><h1 style="font-size:20px">La lettre de novembre</h1><p>Vaccination contre la grippe, ateliers d’équilibre, <a href="https://liens.example/agenda" target="_blank" rel="noopener noreferrer">agenda des réunions</a>.</p><table border="1" cellpadding="6" style="border-collapse:collapse"><tr><td>19 novembre</td><td>Réunion de secteur, Port-Mérel</td></tr><tr><td>26 novembre</td><td>Atelier « équilibre », Sainte-Orée</td></tr></table></body>`;

/** A sheet of two colours, 2 × 1. */
const PNG = Uint8Array.from(
  atob("iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAAD0lEQVR4nGOQ96u8+egNAAlmA47EcxTfAAAAAElFTkSuQmCC"),
  (letter) => letter.charCodeAt(0),
);

interface File {
  readonly name: string;
  readonly mime: string;
  readonly size: number;
  readonly octets?: string | Uint8Array<ArrayBuffer>;
}

const FILES: readonly File[] = [
  { name: "Compte rendu du 17-11-2026.pdf", mime: "application/pdf", size: 184_220 },
  { name: "IHE_XDM.zip", mime: "application/zip", size: 412_000 },
  { name: "schema.png", mime: "image/png", size: 12_000, octets: PNG },
  { name: "Bilan du 10 novembre.txt", mime: "text/plain", size: 23, octets: "Créatinine 88 µmol/L\n<b>DFG 71</b>\n" },
];

/** A row opened. */
export function makeMessage(row: Row): Message {
  const model = MODELS[(row.id - 1000) % MODELS.length] as Model;
  const me: Party = { name: accounts.find(({ id }) => id === row.account)?.name ?? "", address: "elise.martin@cabinet-lilas.mssante.example" };
  const bounced = model.subject.startsWith("Message non remis");
  return {
    row,
    from: [row.who],
    to: [me],
    cc: model.html ? [{ name: "Secrétariat", address: "secretariat@cabinet-lilas.mssante.example" }] : [],
    replyTo: [],
    complete: true,
    text: model.text,
    textCut: false,
    html: model.html ? URL.createObjectURL(new Blob([HTML_PAGE], { type: "text/html" })) : null,
    remoteBlocked: model.html ? 3 : 0,
    attachments: FILES.slice(0, model.attachments ?? 0).map(({ octets, ...file }, index) => ({
      ...file,
      part: index + 1,
      url: octets ? URL.createObjectURL(new Blob([octets], { type: file.mime.startsWith("text/") ? `${file.mime};charset=utf-8` : file.mime })) : "about:blank",
    })),
    report: bounced
      ? {
          of: "delivery",
          outbox: 2,
          recipients: [
            {
              address: "p.mercier@ste-oree.mssante.example",
              good: false,
              sentence: "Sa boîte est pleine et ne reçoit plus rien. Réessayez plus tard, ou choisissez une autre de ses adresses.",
              status: "5.2.2",
              server: "552 5.2.2 <p.mercier@ste-oree.mssante.example>: Quota exceeded (mailbox for user is full)",
            },
          ],
        }
      : null,
    defects: [],
    receiptAsked: model.who.startsWith("CH de Valmont"),
    closed: false,
    size: 24_811 + row.id,
    sha256: "7c1e90ab44d2c0ffee00112233445566778899aabbccddeeff0011223344 5f08".replace(" ", ""),
    messageId: `${row.id}.20261117@bio-rivage.mssante.example`,
  };
}
