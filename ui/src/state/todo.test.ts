import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { use } from "../backend";
import { fixture, type Fixture, type Start } from "../testing/fixture";
import { entrust, markOf, stateOf, toggleDone, toggleTaken, toggleTodo } from "./handling";
import { mailbox } from "./mailbox.svelte";
import { notices } from "./notices.svelte";
import { route } from "./route.svelte";
import { session } from "./session.svelte";

let script: Fixture;
/** As the window does when something changes in the core. */
session.on((event) => {
  if (event.event === "messages" || event.event === "handling") mailbox.refresh();
});

const settle = (): Promise<void> => vi.advanceTimersByTimeAsync(400).then(() => undefined);
const listed = (): (number | undefined)[] => mailbox.rows.map((row) => row?.id);

async function begin(start: Start): Promise<void> {
  notices.forget();
  mailbox.drop(false);
  script = fixture({ session: "open", ...start });
  use(script);
  session.status = null;
  await session.start();
  mailbox.show({ of: "all" }, "mine");
  await settle();
}

beforeEach(() => void vi.useFakeTimers());
// What was to be asked again soon is, before the clock goes.
afterEach(settle);

describe("« À traiter » of a doctor who comes after the secretary", () => {
  beforeEach(() => begin({ sorted: "several" }));

  it("holds what is for her and what is for nobody in particular, newest first, and counts it", () => {
    expect(listed()).toEqual([1022, 1029, 1043, 1064]);
    expect(session.toHandle).toEqual({ mine: 4, open: 10 });
    expect(session.accounts.map(({ toHandle }) => toHandle)).toEqual([{ open: 0, mine: 0 }, { open: 9, mine: 4 }, { open: 1, mine: 0 }]);
    expect(session.shared).toBe(true);
  });

  it("lets go of what is done at once and opens the next; Ctrl Z puts it back in its place, open", async () => {
    mailbox.choose(1);
    const done = toggleDone(mailbox.targets);
    expect(listed()).toEqual([1022, 1043, 1064]);
    expect(mailbox.current?.id).toBe(1043);
    await done;
    await settle();
    expect(session.toHandle).toEqual({ mine: 3, open: 9 });
    await notices.undo();
    await settle();
    expect(listed()).toEqual([1022, 1029, 1043, 1064]);
    expect(mailbox.current?.id).toBe(1029);
    expect(session.toHandle.mine).toBe(4);
  });

  it("keeps what she takes, and lets go of what she gives up", async () => {
    mailbox.choose(0);
    await toggleTaken(mailbox.targets);
    await settle();
    expect(listed()).toEqual([1022, 1029, 1043, 1064]);
    expect(mailbox.current && stateOf(mailbox.current)).toBe("taken");
    await toggleTaken(mailbox.targets);
    expect(mailbox.current?.id).toBe(1029);
    await settle();
    expect(listed()).toEqual([1029, 1043, 1064]);
  });

  it("lets several go together, and nothing stays picked", async () => {
    mailbox.toggle(0);
    mailbox.extend(2);
    await toggleDone(mailbox.targets);
    await settle();
    expect(listed()).toEqual([1064]);
    expect(mailbox.current?.id).toBe(1064);
    expect(mailbox.picked.size).toBe(0);
  });

  it("is empty after the last one", async () => {
    await mailbox.pickAll();
    await toggleDone(mailbox.targets);
    await settle();
    expect(mailbox.total).toBe(0);
    expect(mailbox.current).toBeNull();
    expect(session.toHandle).toEqual({ mine: 0, open: 6 });
  });

  it("takes in what a colleague entrusts meanwhile; what is open stays open", async () => {
    mailbox.choose(1);
    script.shared.handled.somebodyEntrusts(1015, "Dr Élise Martin");
    await settle();
    expect(listed()).toEqual([1015, 1022, 1029, 1043, 1064]);
    expect(mailbox.current?.id).toBe(1029);
    expect(mailbox.currentIndex).toBe(2);
    expect(session.toHandle.mine).toBe(5);
  });

  it("goes on from where a message stood that a colleague took meanwhile, and which stays open", async () => {
    for (const [by, next] of [[1, 1043], [-1, 1022]] as const) {
      await begin({ sorted: "several" });
      mailbox.choose(1);
      script.shared.somebodyTakes(1029);
      await settle();
      expect(listed()).toEqual([1022, 1043, 1064]);
      expect(mailbox.current?.id).toBe(1029);
      mailbox.move(by);
      expect(mailbox.current?.id).toBe(next);
    }
  });

  it("goes on to the next when what a colleague took is done all the same", async () => {
    mailbox.choose(1);
    script.shared.handled.somebodyEntrusts(1029, "Dr Hugo Lemoine");
    await settle();
    expect(mailbox.currentIndex).toBe(-1);
    await toggleDone(mailbox.targets);
    expect(mailbox.current?.id).toBe(1043);
  });

  it("lets go of what she entrusts to somebody else, which is still left to do; Ctrl Z brings it back", async () => {
    mailbox.choose(1);
    await entrust(mailbox.targets, "Dr Denis Faure");
    await settle();
    expect(listed()).toEqual([1022, 1043, 1064]);
    expect(mailbox.current?.id).toBe(1043);
    expect(session.toHandle).toEqual({ mine: 3, open: 10 });
    await notices.undo();
    await settle();
    expect(listed()).toEqual([1022, 1029, 1043, 1064]);
    expect(mailbox.current?.id).toBe(1029);
    expect(mailbox.current && markOf(mailbox.current)?.forName).toBeNull();
  });

  it("shows all that is left besides, and gives back to a colleague what was theirs", async () => {
    mailbox.show({ of: "all" }, "open");
    await settle();
    expect(listed().slice(0, 3)).toEqual([1001, 1003, 1008]);
    mailbox.choose(0);
    await toggleDone(mailbox.targets);
    await settle();
    await notices.undo();
    await settle();
    expect(mailbox.rows[0]?.handling?.byName).toBe("Nora Renaud");
  });

  it("is of one box, too", async () => {
    mailbox.show({ of: "account", account: 3 }, "open");
    await settle();
    expect(listed()).toEqual([1003]);
  });
});

describe("« À traiter » of a doctor alone", () => {
  it("holds what she keeps for later, by one key", async () => {
    await begin({ sorted: "alone", boxes: [1] });
    expect(session.shared).toBe(false);
    expect(session.toHandle).toEqual({ mine: 2, open: 2 });
    mailbox.show({ of: "all" });
    await settle();
    const at = mailbox.rows.findIndex((row) => row && !row.handling);
    mailbox.choose(at);
    await toggleTodo(mailbox.targets);
    await settle();
    expect(mailbox.current && stateOf(mailbox.current)).toBe("todo");
    expect(session.toHandle).toEqual({ mine: 3, open: 3 });
    await toggleTodo(mailbox.targets);
    await settle();
    expect(session.toHandle.mine).toBe(2);
  });
});

describe("the place", () => {
  it("is the inbox's neighbour: what is for me, then whatever was chosen", () => {
    route.todo();
    expect(route.place).toEqual({ at: "mail", scope: { of: "all" }, todo: "mine" });
    route.todo("open", { of: "account", account: 2 });
    expect(route.place).toEqual({ at: "mail", scope: { of: "account", account: 2 }, todo: "open" });
    route.reset();
    expect(route.place).toEqual({ at: "mail", scope: { of: "all" } });
  });
});
