// What is typed in the forms of rules, and what is asked of the core with it. Pure.
import type { Account, AutoReply, Redirect, Rules, RulesSet, SortRule } from "../../backend";

/** The forms as they are on screen. */
export interface Forms {
  answer: AutoReply;
  redirect: { enabled: boolean; to: string; keepCopy: boolean };
  sort: SortRule[];
  samePerson: boolean;
  include: boolean;
}

/** How often one correspondent is answered, at most: days. */
export const EVERY_DAYS: readonly number[] = [1, 2, 3, 5, 7, 10, 14, 21, 30];

/** The forms for what the server applies. */
export function formsOf(rules: Rules): Forms {
  const answer = rules.answer ?? {
    enabled: false,
    subject: null,
    text: "",
    from: null,
    until: null,
    everyDays: 7,
    who: "professionals" as const,
    addresses: [],
  };
  const redirect: Pick<Redirect, "enabled" | "to" | "keepCopy"> = rules.redirect ?? { enabled: false, to: "", keepCopy: true };
  return {
    answer: { ...answer, addresses: [...answer.addresses] },
    redirect: { enabled: redirect.enabled, to: redirect.to, keepCopy: redirect.keepCopy },
    sort: rules.sort.map((rule) => ({ ...rule, when: { ...rule.when }, then: { ...rule.then } })),
    samePerson: false,
    include: false,
  };
}

/** What stands in the way of saving these. */
export type Missing = "answerText" | "answerDays" | "redirectTo" | "redirectSelf" | "samePerson" | "sort";

/** Whether the redirection is another than the one that was confirmed: it must be confirmed again. */
export function mustConfirm(forms: Forms, rules: Rules): boolean {
  const { enabled, to } = forms.redirect;
  return enabled && !(rules.redirect?.enabled && rules.redirect.to === to.trim().toLowerCase());
}

export function missing(forms: Forms, rules: Rules, account: Pick<Account, "address">): Missing[] {
  const found: Missing[] = [];
  const { answer, redirect } = forms;
  if (answer.enabled && answer.text.trim() === "") found.push("answerText");
  if (answer.enabled && answer.from && answer.until && answer.from > answer.until) found.push("answerDays");
  if (redirect.enabled) {
    const to = redirect.to.trim().toLowerCase();
    if (!/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(to)) found.push("redirectTo");
    else if (to === account.address) found.push("redirectSelf");
    if (mustConfirm(forms, rules) && !forms.samePerson) found.push("samePerson");
  }
  const holes = forms.sort.some(
    ({ when, then }) => ("text" in when && when.text.trim() === "") || ("name" in then && then.name.trim() === ""),
  );
  if (holes) found.push("sort");
  return found;
}

/** What is asked of the core. Forms that were never filled in are none. */
export function asked(account: number, forms: Forms, rules: Rules): RulesSet {
  const { answer, redirect } = forms;
  const subject = answer.subject?.trim() ?? "";
  return {
    account,
    answer: answer.text.trim() === "" && !answer.enabled ? null : { ...answer, subject: subject === "" ? null : subject },
    redirect: redirect.to.trim() === "" ? null : { ...redirect, to: redirect.to.trim().toLowerCase() },
    sort: forms.sort.map((rule, index) => ({ ...rule, name: rule.name.trim() || `${index + 1}` })),
    samePerson: forms.samePerson || (redirect.enabled && !mustConfirm(forms, rules)),
    includeInForeign: forms.include,
    seen: rules.seen,
  };
}

/** Whether something was typed since it was read. */
export function differs(forms: Forms, rules: Rules): boolean {
  return JSON.stringify(forms) !== JSON.stringify(formsOf(rules));
}
