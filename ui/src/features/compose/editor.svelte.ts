// The draft being written: stored at each pause, checked after each save, never silently overwritten.
import { ask, failedBy, type Draft, type DraftCheck, type DraftProblem } from "../../backend";
import { notices } from "../../state/notices.svelte";
import { session } from "../../state/session.svelte";

/** How long the hands rest before the draft is stored. */
const PAUSE = 800;

/** Problems with which it may leave all the same. */
const WARNINGS = new Set<DraftProblem["what"]>(["noSubject", "forgottenAttachment", "boxFull"]);

export class Editor {
  draft = $state<Draft | null>(null);
  check = $state.raw<DraftCheck | null>(null);
  saving = $state(false);
  dirty = $state(false);
  /** Another window stored another version. */
  conflict = $state(false);
  /** It was sent or deleted elsewhere. */
  gone = $state(false);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private queue: Promise<unknown> = Promise.resolve();
  private closed = false;

  /** The box that received what is answered, when another would send it. */
  readonly receiver = $derived(this.check?.problems.find((problem) => problem.what === "otherBox")?.receivedBy ?? null);
  readonly blocking = $derived(this.check?.problems.filter(({ what }) => !WARNINGS.has(what)) ?? []);

  constructor(readonly id: number) {}

  async open(): Promise<void> {
    const draft = await notices.attempt(() => ask("draft_get", { draft: this.id }));
    if (!draft) {
      this.gone = true;
      return;
    }
    this.draft = draft;
    await this.verify();
  }

  /** Answers from another box. */
  answerFrom(account: number): void {
    if (!this.draft) return;
    this.draft.account = account;
    this.touch();
    void this.save();
  }

  /** The person says that this box is the one to answer from. */
  async confirm(): Promise<void> {
    if (!(await this.save())) return;
    await this.inTurn(async () => {
      const stored = await notices.attempt(() => ask("draft_confirm_box", { draft: this.id }));
      if (stored) this.merge(stored);
      await this.verify();
    });
  }

  /** Something was typed. */
  touch(): void {
    this.dirty = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.save(), PAUSE);
  }

  /** One thing at a time reaches the core, in order. */
  private inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.queue.then(run, run);
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  /** Stores what is on screen; tells whether what is stored is what is seen. */
  save(): Promise<boolean> {
    clearTimeout(this.timer);
    return this.inTurn(async () => {
      if (!this.draft || this.closed || this.gone) return false;
      if (!this.dirty) return !this.conflict;
      this.saving = true;
      this.dirty = false;
      try {
        this.merge(await ask("draft_save", { draft: $state.snapshot(this.draft) as Draft }));
      } catch (thrown) {
        this.dirty = true;
        if (failedBy(thrown, "draftChanged")) this.conflict = true;
        else if (failedBy(thrown, "notFound")) this.gone = true;
        else notices.fail(thrown);
        return false;
      } finally {
        this.saving = false;
      }
      await this.verify();
      return true;
    });
  }

  /** Takes what only the core knows; the text stays as typed. */
  private merge(stored: Draft): void {
    if (!this.draft || stored.revision < this.draft.revision) return;
    this.draft.revision = stored.revision;
    this.draft.savedAt = stored.savedAt;
    this.draft.attachments = stored.attachments;
  }

  private async verify(): Promise<void> {
    const check = await notices.attempt(() => ask("draft_check", { draft: this.id }));
    if (check) this.check = check;
  }

  async attach(): Promise<void> {
    if (!(await this.save())) return;
    await this.inTurn(async () => {
      this.saving = true;
      const stored = await notices.attempt(() => ask("draft_attach", { draft: this.id }));
      this.saving = false;
      if (stored) this.merge(stored);
      await this.verify();
    });
  }

  async detach(attachment: number): Promise<void> {
    if (!(await this.save())) return;
    await this.inTurn(async () => {
      this.saving = true;
      const stored = await notices.attempt(() => ask("draft_detach", { draft: this.id, attachment }));
      this.saving = false;
      if (stored) this.merge(stored);
      await this.verify();
    });
  }

  /** The core says the draft was stored, by this window or another. */
  async heard(revision: number): Promise<void> {
    if (this.closed || !this.draft || this.saving) return;
    if (revision === 0) {
      this.gone = true;
      return;
    }
    if (revision <= this.draft.revision) return;
    if (this.dirty) this.conflict = true;
    else await this.takeOther();
  }

  /** Shows the version stored elsewhere. */
  async takeOther(): Promise<void> {
    clearTimeout(this.timer);
    this.dirty = false;
    this.conflict = false;
    await this.open();
  }

  /** Keeps what is on screen, over the version stored elsewhere. */
  async keepMine(): Promise<void> {
    const other = await notices.attempt(() => ask("draft_get", { draft: this.id }));
    if (!other || !this.draft) return;
    this.draft.revision = other.revision;
    this.draft.attachments = other.attachments;
    this.conflict = false;
    this.dirty = true;
    await this.save();
  }

  /** Whether nothing was written yet. */
  get blank(): boolean {
    const draft = this.draft;
    if (!draft) return false;
    const people = draft.to.length + draft.cc.length + draft.bcc.length;
    return people === 0 && draft.attachments.length === 0 && draft.subject.trim() === "" && draft.text.trim() === "";
  }

  /**
   * Lets go before the profile locks: what is on screen is stored, and nothing of it is held any more. What another window
   * stored meanwhile is not overwritten: this version becomes a draft of its own.
   */
  async letGo(): Promise<void> {
    if (this.closed) return;
    if (this.draft && !this.gone && !(await this.save()) && this.conflict && this.draft) {
      const mine = $state.snapshot(this.draft) as Draft;
      const { account, about } = mine;
      await notices.attempt(async () => {
        const other = await ask("draft_new", { account, from: "blank", about: null });
        await ask("draft_save", { draft: { ...mine, id: other.id, revision: other.revision, attachments: [], about } });
      });
    }
    this.close();
    this.draft = null;
    this.check = null;
  }

  /** Leaves: a blank draft is not kept, any other is stored. */
  async leave(): Promise<void> {
    // Nothing is stored in a locked profile: it was before, or cannot be any more.
    if (this.closed || this.gone || session.hidden || session.status?.vault === "locked") return;
    if (this.blank) await this.delete();
    else {
      await this.save();
      this.close();
    }
  }

  async delete(): Promise<void> {
    this.close();
    await notices.attempt(() => ask("draft_delete", { draft: this.id }));
  }

  /** Nothing more is stored from here. */
  close(): void {
    clearTimeout(this.timer);
    this.closed = true;
  }
}
