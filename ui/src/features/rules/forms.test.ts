import { describe, expect, it } from "vitest";
import type { Rules } from "../../backend";
import { asked, differs, formsOf, missing, mustConfirm } from "./forms";

const account = { address: "elise.martin@cabinet-lilas.mssante.example" };
const rules: Rules = {
  support: { is: "yes" },
  offers: { answer: true, period: true, copy: true, folders: true, flags: true, include: true },
  standing: { is: "ours" },
  answer: null,
  redirect: null,
  sort: [],
  readAt: null,
  differs: false,
  seen: "3",
};

describe("the forms of rules", () => {
  it("hold nothing that was not typed", () => {
    const forms = formsOf(rules);
    expect(differs(forms, rules)).toBe(false);
    expect(missing(forms, rules, account)).toEqual([]);
    expect(asked(1, forms, rules)).toEqual({
      account: 1,
      answer: null,
      redirect: null,
      sort: [],
      samePerson: false,
      includeInForeign: false,
      seen: "3",
    });
  });

  it("need a text and days in order for an automatic reply", () => {
    const forms = formsOf(rules);
    forms.answer = { ...forms.answer, enabled: true, from: "2026-11-20", until: "2026-11-18" };
    expect(missing(forms, rules, account)).toEqual(["answerText", "answerDays"]);
    forms.answer = { ...forms.answer, text: "Absente.", until: "2026-11-30", subject: "  " };
    expect(missing(forms, rules, account)).toEqual([]);
    expect(asked(1, forms, rules).answer).toMatchObject({ text: "Absente.", subject: null, until: "2026-11-30" });
  });

  it("need the person's word each time a redirection is turned on, or sent elsewhere", () => {
    const forms = formsOf(rules);
    forms.redirect = { enabled: true, to: "E.Martin@autre.mssante.example ", keepCopy: true };
    expect(missing(forms, rules, account)).toEqual(["samePerson"]);
    forms.samePerson = true;
    expect(missing(forms, rules, account)).toEqual([]);
    expect(asked(1, forms, rules)).toMatchObject({
      redirect: { enabled: true, to: "e.martin@autre.mssante.example", keepCopy: true },
      samePerson: true,
    });
    const active: Rules = {
      ...rules,
      redirect: { enabled: true, to: "e.martin@autre.mssante.example", keepCopy: true, confirmedBy: "x", confirmedAt: null },
    };
    const same = formsOf(active);
    same.redirect.keepCopy = false;
    expect(mustConfirm(same, active)).toBe(false);
    same.redirect.to = "autre@autre.mssante.example";
    expect(mustConfirm(same, active)).toBe(true);
    same.redirect.to = account.address;
    expect(missing(same, active, account)).toEqual(["redirectSelf", "samePerson"]);
  });

  it("need each sorting rule to be whole", () => {
    const forms = formsOf(rules);
    forms.sort = [{ id: "", name: "", when: { is: "sender", text: "labo" }, then: { is: "folder", name: "" }, enabled: true }];
    expect(missing(forms, rules, account)).toEqual(["sort"]);
    forms.sort = [{ id: "", name: " ", when: { is: "hasAttachment" }, then: { is: "flag" }, enabled: true }];
    expect(missing(forms, rules, account)).toEqual([]);
    expect(asked(1, forms, rules).sort[0]?.name).toBe("1");
  });
});
