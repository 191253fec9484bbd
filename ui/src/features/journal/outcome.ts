// What came of a trace, as a shape and words.
import type { Trace } from "../../backend";
import type { IconName } from "../../parts/icons";
import { text } from "../../text";

export interface Outcome {
  readonly tone: "ok" | "danger" | "warn" | "sub";
  readonly icon: IconName;
  /** Said first, in bold, where it is not plain success. */
  readonly lead: string;
  /** The answer itself. */
  readonly rest: string;
}

/** As the list shows it. */
export function outcomeOf(trace: Trace): Outcome {
  if (trace.unanswered) return { tone: "warn", icon: "circle-help", lead: text.journal.unanswered, rest: "" };
  if (trace.intended) return { tone: "sub", icon: "arrow-up", lead: text.journal.intended, rest: "" };
  if (trace.failed) return { tone: "danger", icon: "circle-x", lead: text.journal.failed, rest: trace.response };
  return { tone: "ok", icon: "check", lead: "", rest: trace.response || text.journal.done };
}

/** As the detail's heading says it. */
export function statusOf(trace: Trace): { tone: Outcome["tone"]; icon: IconName; words: string } {
  if (trace.unanswered) return { tone: "warn", icon: "circle-help", words: text.journal.unanswered };
  if (trace.intended) return { tone: "sub", icon: "clock", words: text.journal.intended };
  if (trace.failed) {
    const refused = trace.server !== "" && trace.code !== null;
    return { tone: "danger", icon: "circle-x", words: refused ? text.journal.rejected : text.journal.notDone };
  }
  return { tone: "ok", icon: "circle-check", words: trace.server === "" ? text.journal.doneHere : text.journal.accepted };
}
