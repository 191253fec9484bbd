// The national identifier as a person types it: 11 digits of the RPPS, with or without the 8 that Pro Santé Connect puts before.

export type Typed =
  | { readonly is: "empty" }
  | { readonly is: "short"; readonly missing: number }
  | { readonly is: "long"; readonly extra: number }
  | { readonly is: "wrongKey" }
  /** `id` is what the core takes: 12 digits, or another scheme's identifier as typed. */
  | { readonly is: "good"; readonly id: string }
  | { readonly is: "other"; readonly id: string };

const LENGTH = 11;

/** Whether the last digit is the key of those before (Luhn's, as on the CPS card). */
export function keyHolds(digits: string): boolean {
  let sum = 0;
  [...digits].reverse().forEach((digit, place) => {
    const value = Number(digit) * (place % 2 === 1 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  });
  return sum % 10 === 0;
}

/** Reads what was typed; spaces and dots between groups do not count. */
export function readNationalId(typed: string): Typed {
  const text = typed.replace(/[\s.]/g, "");
  if (text === "") return { is: "empty" };
  // Structures and their staff have other schemes (0, 3, 4, 5 or 6 first, or a stroke inside): the core and the provider know them.
  if (!/^\d+$/.test(text) || /^[03456]/.test(text)) {
    return /^[\x21-\x7e]{5,64}$/.test(text) ? { is: "other", id: text } : { is: "empty" };
  }
  const digits = text.startsWith("8") ? text.slice(1) : text;
  if (digits.length < LENGTH) return { is: "short", missing: LENGTH - digits.length };
  if (digits.length > LENGTH) return { is: "long", extra: digits.length - LENGTH };
  return keyHolds(digits) ? { is: "good", id: `8${digits}` } : { is: "wrongKey" };
}
