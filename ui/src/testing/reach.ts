// Every text that can be reached from an object: to show that nothing of the content is left in the window's state.

const PRIMITIVE = new Set(["undefined", "boolean", "number", "bigint", "symbol"]);

/** The texts held by these objects, their fields, getters, maps and sets, however deep. */
export function textsWithin(roots: readonly unknown[]): string[] {
  const texts: string[] = [];
  const seen = new Set<unknown>();
  const waiting: unknown[] = [...roots];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value === "string") texts.push(value);
    if (value === null || typeof value === "string" || PRIMITIVE.has(typeof value) || typeof value === "function" || seen.has(value)) continue;
    seen.add(value);
    if (value instanceof Map) for (const [key, each] of value) waiting.push(key, each);
    else if (value instanceof Set) waiting.push(...(value as Set<unknown>));
    let holder: object | null = value as object;
    // What a class holds is behind its getters.
    while (holder && holder !== Object.prototype && holder !== Array.prototype) {
      for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(holder))) {
        if (name === "__proto__") continue;
        if (!property.get) waiting.push(property.value);
        else {
          try {
            waiting.push(property.get.call(value));
          } catch {
            // A getter of a built-in, asked of another object.
          }
        }
      }
      holder = Object.getPrototypeOf(holder) as object | null;
      if (value instanceof Map || value instanceof Set || value instanceof Date) break;
    }
  }
  return texts;
}
