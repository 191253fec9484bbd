import { describe, expect, it } from "vitest";
import { Latest } from "./latest";

/** A question whose answer comes when the test says so. */
function question<T>(): { asked: () => Promise<T>; answer: (value: T) => void; fail: (why: Error) => void } {
  let answer!: (value: T) => void;
  let fail!: (why: Error) => void;
  const promise = new Promise<T>((resolve, reject) => {
    answer = resolve;
    fail = reject;
  });
  return { asked: () => promise, answer, fail };
}

describe("only the last question counts", () => {
  it("drops an answer that comes after a later question was asked", async () => {
    const latest = new Latest();
    const slow = question<string>();
    const quick = question<string>();
    const first = latest.of(slow.asked);
    const second = latest.of(quick.asked);
    quick.answer("marchand");
    expect(await second).toBe("marchand");
    slow.answer("mar");
    expect(await first).toBeUndefined();
  });

  it("drops a late failure too, and throws that of the last", async () => {
    const latest = new Latest();
    const slow = question<string>();
    const quick = question<string>();
    const first = latest.of(slow.asked);
    const second = latest.of(quick.asked);
    slow.fail(new Error("late"));
    expect(await first).toBeUndefined();
    quick.fail(new Error("last"));
    await expect(second).rejects.toThrow("last");
  });

  it("drops everything once told to forget", async () => {
    const latest = new Latest();
    const asked = question<string>();
    const answer = latest.of(asked.asked);
    latest.forget();
    asked.answer("x");
    expect(await answer).toBeUndefined();
  });
});
