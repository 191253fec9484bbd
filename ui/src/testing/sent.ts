import type { Outgoing, Recipient } from "../backend";

const at = (hour: string, day = "17"): string => `2026-11-${day}T${hour}:00+01:00`;

function recipient(name: string, address: string, more: Partial<Recipient>): Recipient {
  return {
    party: { name, address },
    kind: "professional",
    fate: "accepted",
    answeredAt: null,
    reportedAt: null,
    readAt: null,
    sentence: null,
    status: null,
    server: null,
    reports: true,
    ...more,
  };
}

function outgoing(id: number, subject: string, queuedAt: string, recipients: Recipient[], more: Partial<Outgoing> = {}): Outgoing {
  return {
    id,
    account: 1,
    subject,
    queuedAt,
    leavesAt: queuedAt,
    settledAt: queuedAt,
    state: "accepted",
    attempts: 1,
    nextAttemptAt: null,
    problem: null,
    recipients,
    size: 3_984_112,
    sentCopy: 1003,
    messageId: `${id}.01jcw5q7v2r8@cabinet-lilas.mssante.example`,
    ...more,
  };
}

export function makeOutgoing(): Outgoing[] {
  return [
    outgoing(
      1,
      "Lettre de sortie",
      at("09:11"),
      [recipient("Dr Camille ROY", "c.roy@idel-port.mssante.example", { fate: "waiting" })],
      { state: "queued", settledAt: null, attempts: 0, sentCopy: null, leavesAt: new Date(Date.now() + 8000).toISOString() },
    ),
    outgoing(2, "Courrier de liaison", at("08:52"), [
      recipient("Dr Paul MERCIER", "p.mercier@ste-oree.mssante.example", {
        fate: "refused",
        answeredAt: at("08:52"),
        reportedAt: at("08:52"),
        sentence: "La boîte de Dr Paul Mercier est pleine et ne reçoit plus rien.",
        status: "5.2.2",
        server: "552 5.2.2 Quota exceeded (mailbox for user is full)",
      }),
      recipient("Dr Hélène CASTAING", "h.castaing@port-merel.mssante.example", {
        fate: "read",
        answeredAt: at("08:52"),
        reportedAt: at("08:53"),
        readAt: at("09:04"),
      }),
      recipient("Secrétariat de cardiologie", "cardio.secretariat@ch-valmont.mssante.example", {
        fate: "delivered",
        answeredAt: at("08:52"),
        reportedAt: at("08:53"),
      }),
      recipient("VASSEUR Odile", "257039999921887@patient.mssante.example", {
        kind: "patient",
        fate: "delayed",
        answeredAt: at("08:52"),
      }),
    ]),
    outgoing(3, "Re : Avis sur l’adaptation du bisoprolol", at("08:40"), [
      recipient("Dr Hélène CASTAING", "h.castaing@port-merel.mssante.example", {
        fate: "read",
        answeredAt: at("08:40"),
        reportedAt: at("08:40"),
        readAt: at("08:49"),
      }),
    ]),
    outgoing(4, "Ordonnance", at("08:14"), [
      recipient("Pharmacie du Port", "pharmacie.port@sainte-oree.mssante.example", {
        fate: "delivered",
        answeredAt: at("08:14"),
        reportedAt: at("08:15"),
      }),
    ]),
    outgoing(5, "Compte rendu d’hospitalisation", at("15:31", "16"), [
      recipient("Dr Samir BENALI", "s.benali@ch-valmont.mssante.example", { fate: "unknown" }),
    ], { state: "unknown", settledAt: null, sentCopy: null }),
    outgoing(6, "Votre renouvellement", at("17:02", "16"), [
      recipient("PELLETIER Jean-Marc", "157039999901234@patient.mssante.example", {
        kind: "patient",
        fate: "delivered",
        answeredAt: at("17:02", "16"),
        reportedAt: at("17:03", "16"),
      }),
    ]),
  ];
}
