import type { Trace } from "../backend";

const SAMPLES: [string, string, string, boolean][] = [
  ["receive", "UID FETCH 48212:48219", "OK, 8 messages", false],
  ["move", "UID MOVE 48207 Courriers réglés", "OK", false],
  ["flag", "UID STORE 48211 +FLAGS.SILENT (\\Seen)", "OK", false],
  ["delete", "UID EXPUNGE 1902:1911", "OK, 10 messages", false],
  ["send", "MAIL, 4 RCPT, DATA", "250 2.0.0 accepté", false],
  ["login", "AUTH XOAUTH2", "235 2.7.0", false],
  ["login", "AUTHENTICATE XOAUTH2", "NO [AUTHENTICATIONFAILED] jeton refusé", true],
  // What is asked is written before it is done: no answer yet.
  ["send", "MAIL, 4 RCPT, DATA", "", false],
];

export function makeTraces(total: number): Trace[] {
  return Array.from({ length: total }, (_, index): Trace => {
    const [action, request, response, failed] = SAMPLES[index % SAMPLES.length] ?? ["receive", "", "", false];
    const at = new Date(Date.parse("2026-11-17T09:11:04.204Z") - index * 263_000);
    const sent = action === "send";
    return {
      sequence: total - index,
      uid: `01JCW5Q7V2R8${(total - index).toString().padStart(6, "0")}`,
      at: at.toISOString().replace("Z", "+01:00"),
      author: "899700000001",
      authorName: "Élise MARTIN",
      authenticated: "code",
      bal: "elise.martin@cabinet-lilas.mssante.example",
      balKind: "PER",
      action,
      request,
      response,
      failed,
      intended: !failed && response === "",
      durationMs: 12 + (index % 40),
      messageId: sent ? "2.01jcw5q7v2r8@cabinet-lilas.mssante.example" : null,
      internalId: sent ? "01JCW5Q7V2R8" : null,
      sender: sent ? "elise.martin@cabinet-lilas.mssante.example" : null,
      recipients: sent ? ["p.mercier@ste-oree.mssante.example", "h.castaing@port-merel.mssante.example"] : [],
      size: sent ? 3_984_112 : null,
      system: "Windows 11",
      program: "Pli 0.1.0",
      host: "CABINET-02",
      localAddress: "192.0.2.41",
      server: "imap.cabinet-lilas.mssante.example:993 (192.0.2.10)",
      hash: "7c1e90ab44d20f31a7b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f65f08",
      previous: "b3f0126d98ce4a5b6c7d8e9f0a1b2c3d4e5f60718293a4b5c6d7e8f90a1ba417",
    };
  });
}
