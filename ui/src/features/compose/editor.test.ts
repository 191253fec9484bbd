import { beforeEach, describe, expect, it, vi } from "vitest";
import { ask, use } from "../../backend";
import { fixture } from "../../testing/fixture";
import { Editor } from "./editor.svelte";

let editor: Editor;

beforeEach(async () => {
  vi.useFakeTimers();
  use(fixture());
  const draft = await ask("draft_new", { account: 1, from: "blank", about: null });
  editor = new Editor(draft.id);
  await editor.open();
});

async function type(words: string): Promise<void> {
  if (!editor.draft) throw new Error("no draft");
  editor.draft.text = words;
  editor.touch();
  await Promise.resolve();
}

/** What another window would do. */
async function elsewhere(words: string): Promise<number> {
  const other = await ask("draft_get", { draft: editor.id });
  return (await ask("draft_save", { draft: { ...other, text: words } })).revision;
}

describe("a draft being written", () => {
  it("is stored when the hands rest, once for many letters", async () => {
    await type("B");
    await type("Bo");
    await type("Bonjour");
    expect((await ask("draft_get", { draft: editor.id })).text).toBe("");
    await vi.advanceTimersByTimeAsync(1000);
    const stored = await ask("draft_get", { draft: editor.id });
    expect(stored.text).toBe("Bonjour");
    expect(stored.revision).toBe(2);
    expect(editor.dirty).toBe(false);
  });

  it("never overwrites what another window stored, and loses neither", async () => {
    await elsewhere("leur texte");
    await type("mon texte");
    expect(await editor.save()).toBe(false);
    expect(editor.conflict).toBe(true);
    expect(editor.draft?.text).toBe("mon texte");
    expect((await ask("draft_get", { draft: editor.id })).text).toBe("leur texte");
    await editor.keepMine();
    expect((await ask("draft_get", { draft: editor.id })).text).toBe("mon texte");
    expect(editor.conflict).toBe(false);
  });

  it("takes the other version when nothing was typed here, and when asked to", async () => {
    await editor.heard(await elsewhere("leur texte"));
    expect(editor.draft?.text).toBe("leur texte");
    await type("mon texte");
    await editor.heard(await elsewhere("encore eux"));
    expect(editor.conflict).toBe(true);
    await editor.takeOther();
    expect(editor.draft?.text).toBe("encore eux");
  });

  it("keeps what is typed while a file is being chosen", async () => {
    await type("avant");
    const attaching = editor.attach();
    await type("avant et pendant");
    await attaching;
    expect(editor.draft?.text).toBe("avant et pendant");
    expect(editor.draft?.attachments).toHaveLength(1);
    expect(await editor.save()).toBe(true);
    expect((await ask("draft_get", { draft: editor.id })).text).toBe("avant et pendant");
  });

  it("says what stands in the way, and what does not", async () => {
    if (editor.draft) editor.draft.to = [{ name: "x", address: "x@ailleurs.example" }];
    editor.touch();
    await editor.save();
    expect(editor.blocking.map(({ what }) => what)).toEqual(["outsideTrustSpace"]);
    if (editor.draft) editor.draft.to = [{ name: "x", address: "x@y.mssante.example" }];
    editor.touch();
    await editor.save();
    expect(editor.blocking).toEqual([]);
    expect(editor.check?.problems.map(({ what }) => what)).toEqual(["noSubject"]);
  });

  it("is not kept when nothing was written, and is when something was", async () => {
    await editor.leave();
    await expect(ask("draft_get", { draft: editor.id })).rejects.toThrow();
    const draft = await ask("draft_new", { account: 1, from: "blank", about: null });
    editor = new Editor(draft.id);
    await editor.open();
    await type("à garder");
    await editor.leave();
    expect((await ask("draft_get", { draft: draft.id })).text).toBe("à garder");
  });

  it("is stored before the profile locks, and nothing of it is held after", async () => {
    await type("Cher confrère, encore une phrase");
    await editor.letGo();
    expect((await ask("draft_get", { draft: editor.id })).text).toBe("Cher confrère, encore une phrase");
    expect(editor.draft).toBeNull();
    await editor.leave();
    expect((await ask("draft_get", { draft: editor.id })).text).toBe("Cher confrère, encore une phrase");
  });

  it("becomes a draft of its own at the lock when another window stored another version", async () => {
    await elsewhere("leur texte");
    await type("mon texte");
    await editor.letGo();
    const texts = (await ask("draft_list", {})).map(({ text }) => text);
    expect(texts.sort()).toEqual(["leur texte", "mon texte"]);
  });
});
