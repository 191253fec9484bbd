import type { Account, Folder, FolderRole } from "../backend";

export const accounts: Account[] = [
  {
    id: 1,
    address: "elise.martin@cabinet-lilas.mssante.example",
    name: "Dr Élise Martin",
    shortName: "Martin",
    kind: "PER",
    method: "code",
    unread: 0,
    quota: { used: 620_000_000, limit: 1_000_000_000, percent: 62 },
    session: "online",
    syncedAt: "2026-11-17T09:11:00+01:00",
    problem: null,
    certificate: null,
  },
  {
    id: 2,
    address: "cabinet@cabinet-lilas.mssante.example",
    name: "Cabinet des Lilas",
    shortName: "Lilas",
    kind: "CAB",
    method: "code",
    unread: 0,
    quota: { used: 910_000_000, limit: 1_000_000_000, percent: 91 },
    session: "online",
    syncedAt: "2026-11-17T09:11:00+01:00",
    problem: null,
    certificate: null,
  },
  {
    id: 3,
    address: "secretariat@cabinet-lilas.mssante.example",
    name: "Secrétariat",
    shortName: "Secr.",
    kind: "ORG",
    method: "certificate",
    unread: 0,
    quota: { used: 340_000_000, limit: 1_000_000_000, percent: 34 },
    session: "online",
    syncedAt: "2026-11-17T09:11:00+01:00",
    problem: null,
    certificate: null,
  },
];

const ROLES: [FolderRole, string][] = [
  ["inbox", "INBOX"],
  ["other", "Courriers réglés"],
  ["other", "Courriers réglés / Été 2026"],
  ["other", "Formation"],
  ["sent", "Sent"],
  ["drafts", "Drafts"],
  ["junk", "Junk"],
  ["trash", "Trash"],
];

export const folders: Folder[] = accounts.flatMap((account) =>
  ROLES.map(([role, name], index): Folder => ({
    id: account.id * 100 + index,
    account: account.id,
    name,
    depth: name.split(" / ").length - 1,
    role,
    unread: 0,
    total: 0,
  })),
);
