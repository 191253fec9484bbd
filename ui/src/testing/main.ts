// The window over a scripted backend. `?coffre=…` starts with another vault, `?vide` with no BAL, `?horsligne` offline; the
// rest as the script's start says.
import { mount } from "svelte";
import App from "../App.svelte";
import { use, type Code, type LockReason, type VaultState } from "../backend";
import { book } from "../features/journal/book.svelte";
import { mailbox } from "../state/mailbox.svelte";
import { notices } from "../state/notices.svelte";
import { proof } from "../state/proof.svelte";
import { boxes } from "../state/boxes.svelte";
import { route } from "../state/route.svelte";
import { session } from "../state/session.svelte";
import { clock } from "../state/clock.svelte";
import { preferences } from "../state/preferences.svelte";
import "../style/index.css";
import { fixture } from "./fixture";

const asked = new URLSearchParams(location.search);
preferences.apply();
clock.start();
const backend = fixture({
  ...(asked.has("coffre") && { vault: asked.get("coffre") as VaultState }),
  accounts: !asked.has("vide"),
  offline: asked.has("horsligne"),
  secretary: asked.get("tri") === "secretaire",
  ...(asked.get("tri") === "secretaire" && { boxes: [2, 3] }),
  ...(asked.get("tri") === "seul" && { boxes: [1], sorted: "alone" as const }),
  ...(asked.get("tri") === "medecin" && { sorted: "several" as const }),
  ...(asked.get("tri") === "rien" && { sorted: "nothing" as const }),
  profiles: asked.has("profils"),
  terms: asked.has("conditions"),
  policy: asked.has("organisation"),
  approves: asked.has("approuve"),
  ...(asked.has("inconnu") && { known: false }),
  ...(asked.has("calme") && { draft: false, waiting: 0 }),
  session: (asked.get("session") as "none" | "open" | "ended" | null) ?? (asked.has("vide") ? "none" : "open"),
  secret: (asked.get("secret") as "pin" | "passphrase" | null) ?? "none",
  reason: (asked.get("motif") as LockReason | null) ?? "inactivity",
  ...(asked.has("echec") && { fails: asked.get("echec") as Code }),
  ...(asked.has("service") && { provider: asked.get("service") as "down" | "browserOnly" | "unset" | "fixed" }),
  ...(asked.has("ecoule") && { gone: Number(asked.get("ecoule")) }),
  ...(asked.has("certificat") && { certificate: Number(asked.get("certificat")) }),
  ...(asked.has("traces") && { traces: Number(asked.get("traces")) }),
  ...(asked.has("preuve") && { proof: asked.get("preuve") ?? "" }),
  ...(asked.has("conservation") && { kept: asked.get("conservation") ?? "" }),
  ...(asked.has("controle") && { checked: asked.get("controle") ?? "" }),
  ...(asked.has("place") && { room: asked.get("place") === "estimation" ? ("estimate" as const) : Number(asked.get("place")) }),
  ...(asked.has("sansenvoyes") && { noSent: true }),
  ...(asked.has("obstacle") && { obstacle: asked.get("obstacle") as Code }),
  ...(asked.has("purgefixe") && { scheduleFixed: true }),
  ...(asked.has("regles") && { rules: asked.get("regles") as "none" | "foreign" | "included" | "elsewhere" }),
  ...(asked.has("absence") && { answering: asked.get("absence") === "retour" ? ("again" as const) : ("yes" as const) }),
  ...(asked.has("suivi") && { carried: asked.get("suivi") as "server" | "keywordsOnly" | "localOnly" }),
  ...(asked.has("vie") && { life: asked.get("vie") as "unused" | "leaving" }),
  ...(asked.has("sauvegarde") && { backup: asked.get("sauvegarde") as Code }),
  ...(asked.has("programmee") && { backupScheduled: true }),
  ...(asked.has("export") && { exported: asked.get("export") ?? "" }),
});
use(backend);
Object.assign(window, { pliFixture: backend, pliState: { mailbox, notices, route, session, book, proof, boxes } });
const target = document.getElementById("app");
if (target) mount(App, { target });
