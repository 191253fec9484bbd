// What was chosen of the journal, in words: under the list, in the export.
import type { Trace } from "../../backend";
import { text } from "../../text";
import { writtenShort } from "../../text/dates";
import type { Chosen } from "./chosen";

/** The French name of an action. */
export function actionName(code: string): string {
  return text.journal.actions[code] ?? code;
}

/** The same, where there is little room. */
export function shortActionName(code: string): string {
  return text.journal.shortActions[code] ?? actionName(code);
}

/** What was asked: of a server, in its own verbs; of this workstation, in French. */
export function requestWords({ request, server, mailbox, uids, target }: Pick<Trace, "request" | "server" | "mailbox" | "uids" | "target">): string {
  if (server !== "") return request;
  // The line ends with what it is about, which has fields of its own.
  const about = [mailbox, uids, target].filter(Boolean).join(" ");
  const verb = about && request.endsWith(` ${about}`) ? request.slice(0, -about.length - 1) : request;
  return text.localWords([verb, target].filter(Boolean).join(" ")) ?? text.localWords(verb) ?? request;
}

function periodWords({ period, from, to }: Chosen): string {
  const words = text.journal.filters.words;
  if (period !== "custom") return words[period];
  if (from && to) return words.between(writtenShort(from), writtenShort(to));
  if (from) return words.from(writtenShort(from));
  return to ? words.to(writtenShort(to)) : words.ever;
}

/**
 * Every filter in use, the period first.
 * @param box how a BAL is called here
 * @param person how an author is called here
 */
export function chosenWords(chosen: Chosen, box: (address: string) => string, person: (id: string) => string): string[] {
  const words = text.journal.filters.words;
  return [
    periodWords(chosen),
    ...(chosen.bal ? [box(chosen.bal)] : []),
    ...(chosen.author ? [person(chosen.author)] : []),
    ...(chosen.action ? [actionName(chosen.action)] : []),
    ...(chosen.failures ? [words.failures] : []),
    ...(chosen.correspondent.trim() ? [words.correspondent(chosen.correspondent.trim())] : []),
    ...(chosen.message.trim() ? [words.message(chosen.message.trim())] : []),
    ...(chosen.intentions ? [words.intentions] : []),
  ];
}
