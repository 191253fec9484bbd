import { beforeEach, describe, expect, it, vi } from "vitest";
import { use, type Backend, type Name, type Page, type Row } from "../backend";
import { mailbox, SEARCH_REST } from "./mailbox.svelte";

function row(id: number): Row {
  return {
    id,
    account: 1,
    folder: 10,
    who: { name: `Correspondant ${id}`, address: `${id}@exemple.mssante.fr` },
    kind: "professional",
    subject: `Objet ${id}`,
    snippet: "",
    date: "2026-11-17T09:00:00+01:00",
    seen: false,
    flagged: false,
    answered: false,
    forwarded: false,
    attachments: 0,
    document: false,
    pending: false,
    handling: null,
    excerpt: null,
  };
}

/** A store of 250 rows, and searches answered when the test says so. */
let rows: Row[];
let asked: { name: Name; argument: unknown }[];
let searches: { text: string; answer: (page: Page) => void }[];

const backend: Backend = {
  call(name, argument) {
    asked.push({ name, argument });
    if (name === "message_list") {
      const { offset, limit } = argument as { offset: number; limit: number };
      return Promise.resolve({ rows: rows.slice(offset, offset + limit), total: rows.length, unread: rows.length }) as never;
    }
    if (name === "search") {
      const { text } = argument as { text: string };
      return new Promise((resolve) => searches.push({ text, answer: resolve as (page: Page) => void })) as never;
    }
    return Promise.reject(new Error(name));
  },
  listen: () => () => undefined,
};

const settle = (): Promise<void> => vi.advanceTimersByTimeAsync(0).then(() => undefined);
const page = (...ids: number[]): Page => ({ rows: ids.map(row), total: ids.length, unread: 0 });

beforeEach(async () => {
  vi.useFakeTimers();
  rows = Array.from({ length: 250 }, (_, index) => row(1000 + index));
  asked = [];
  searches = [];
  use(backend);
  mailbox.type("");
  mailbox.show({ of: "folder", folder: asked.length + Math.floor(Math.random() * 1e9) });
  await settle();
});

describe("the list", () => {
  it("asks for the first rows only, then for what is seen, once", async () => {
    expect(mailbox.total).toBe(250);
    expect(mailbox.rows[0]?.id).toBe(1000);
    expect(mailbox.rows[150]).toBeUndefined();
    mailbox.need(140, 160);
    mailbox.need(141, 161);
    await settle();
    expect(mailbox.rows[150]?.id).toBe(1150);
    expect(asked.filter(({ name }) => name === "message_list")).toHaveLength(2);
  });

  it("chooses a row that is not known yet as soon as it is", async () => {
    mailbox.choose(249);
    expect(mailbox.current).toBeNull();
    await settle();
    expect(mailbox.current?.id).toBe(1249);
  });

  it("opens the next message when the current one leaves, the one before at the end", async () => {
    mailbox.choose(3);
    mailbox.remove([1003]);
    expect(mailbox.current?.id).toBe(1004);
    expect(mailbox.currentIndex).toBe(3);
    expect(mailbox.total).toBe(249);
    mailbox.remove([1000, 1001]);
    expect(mailbox.current?.id).toBe(1004);
    expect(mailbox.currentIndex).toBe(1);
  });

  it("empties the reader when the last message leaves", async () => {
    rows = [row(1)];
    await mailbox.refreshNow();
    mailbox.choose(0);
    mailbox.remove([1]);
    expect(mailbox.current).toBeNull();
    expect(mailbox.total).toBe(0);
  });

  it("keeps the message that is open when others arrive above it", async () => {
    mailbox.choose(5);
    rows = [row(2000), row(2001), ...rows];
    await mailbox.refreshNow();
    expect(mailbox.current?.id).toBe(1005);
    expect(mailbox.currentIndex).toBe(7);
    expect(mailbox.total).toBe(252);
  });

  it("picks one by one, by a stretch, and the whole list across pages", async () => {
    mailbox.toggle(2);
    mailbox.extend(5);
    expect([...mailbox.picked.keys()]).toEqual([1002, 1003, 1004, 1005]);
    mailbox.toggle(3);
    expect(mailbox.picked.has(1003)).toBe(false);
    await mailbox.pickAll();
    expect(mailbox.picked.size).toBe(250);
    mailbox.dropPicks();
    expect(mailbox.targets.map(({ id }) => id)).toEqual([1003]);
  });
});

describe("search as one types", () => {
  it("waits for the hands to rest and asks once", async () => {
    for (const typed of ["m", "ma", "mar"]) mailbox.type(typed);
    await vi.advanceTimersByTimeAsync(SEARCH_REST);
    expect(searches.map(({ text }) => text)).toEqual(["mar"]);
  });

  it("drops an answer to what is no longer typed", async () => {
    mailbox.type("mar");
    await vi.advanceTimersByTimeAsync(SEARCH_REST);
    mailbox.type("marchand");
    await vi.advanceTimersByTimeAsync(SEARCH_REST);
    searches[1]?.answer(page(7));
    await settle();
    searches[0]?.answer(page(1, 2, 3));
    await settle();
    expect(mailbox.rows.map((each) => each?.id)).toEqual([7]);
    expect(mailbox.searching).toBe(true);
  });

  it("drops an answer that comes once the search is left, and shows the list again", async () => {
    mailbox.type("mar");
    await vi.advanceTimersByTimeAsync(SEARCH_REST);
    searches[0]?.answer(page(7));
    await settle();
    mailbox.type("marc");
    await vi.advanceTimersByTimeAsync(SEARCH_REST);
    mailbox.type("");
    searches[1]?.answer(page(8));
    await settle();
    expect(mailbox.searching).toBe(false);
    expect(mailbox.total).toBe(250);
    expect(mailbox.rows[0]?.id).toBe(1000);
  });
});
