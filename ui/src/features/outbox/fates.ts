import type { Fate, Outgoing, Recipient } from "../../backend";
import type { IconName } from "../../parts/icons";

/** What is worst first: the order in which fates are told. */
export const ORDER: readonly Fate[] = ["refused", "unknown", "read", "delivered", "accepted", "delayed", "waiting"];

/** How a fate looks: a word and an icon always go with it. */
export const LOOK: Record<Fate, { readonly tone: string; readonly icon: IconName }> = {
  waiting: { tone: "wait", icon: "clock" },
  accepted: { tone: "wait", icon: "check" },
  delayed: { tone: "wait", icon: "clock" },
  delivered: { tone: "remis", icon: "mail-check" },
  read: { tone: "lu", icon: "eye" },
  refused: { tone: "refuse", icon: "circle-x" },
  unknown: { tone: "inconnu", icon: "circle-help" },
};

/** How many recipients met each fate, worst first. */
export function tally(recipients: readonly Recipient[]): [Fate, number][] {
  return ORDER.map((fate): [Fate, number] => [fate, recipients.filter((each) => each.fate === fate).length]).filter(
    ([, count]) => count > 0,
  );
}

/** What a filter keeps. */
export type Which = "all" | "fix" | "wait" | "read";

/** Whether someone must do something about it. */
export function toFix(outgoing: Outgoing): boolean {
  if (outgoing.state === "cancelled") return false;
  return (
    outgoing.state === "unknown" ||
    outgoing.state === "refused" ||
    outgoing.recipients.some(({ fate }) => fate === "refused" || fate === "unknown")
  );
}

/** Whether it still waits, here or at a recipient's server. */
export function waits(outgoing: Outgoing): boolean {
  if (outgoing.state === "queued" || outgoing.state === "sending") return true;
  return outgoing.state === "accepted" && outgoing.recipients.some(({ fate }) => fate === "delayed" || fate === "waiting");
}

/** Whether one recipient at least has read it. */
export function wasRead(outgoing: Outgoing): boolean {
  return outgoing.recipients.some(({ fate }) => fate === "read");
}

/** The entries that a filter keeps. */
export function kept(all: readonly Outgoing[], which: Which): Outgoing[] {
  const keep = { all: () => true, fix: toFix, wait: waits, read: wasRead }[which];
  return all.filter(keep);
}

/** One step of a recipient's track. */
export type Step =
  | { readonly is: "done"; readonly at: string | null }
  | { readonly is: "wait" }
  | { readonly is: "bad"; readonly at: string | null }
  | { readonly is: "doubt" }
  | { readonly is: "none" };

/** Confié, Remis, Lu: how far a recipient's message has come. A step that will not happen is left out. */
export function track(recipient: Recipient): Step[] {
  const { fate, answeredAt, reportedAt, readAt } = recipient;
  const handed: Step = { is: "done", at: answeredAt };
  switch (fate) {
    case "waiting":
      return [{ is: "wait" }, { is: "none" }, { is: "none" }];
    case "unknown":
      return [{ is: "doubt" }, { is: "none" }, { is: "none" }];
    case "accepted":
      return [handed, { is: "none" }, { is: "none" }];
    case "delayed":
      return [handed, { is: "wait" }, { is: "none" }];
    case "delivered":
      return [handed, { is: "done", at: reportedAt }, { is: "none" }];
    case "read":
      return [handed, { is: "done", at: reportedAt }, { is: "done", at: readAt }];
    case "refused":
      // Refused by its own server after the operator took it, or by the operator itself.
      return reportedAt !== null ? [handed, { is: "bad", at: reportedAt }] : [{ is: "bad", at: answeredAt }];
  }
}
