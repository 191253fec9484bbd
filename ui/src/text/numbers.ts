// Numbers and sizes as French people read them.

const NO_BREAK = "\u00a0";

/** A whole number, thousands apart: 12 480. */
export function count(value: number): string {
  return Math.trunc(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, NO_BREAK);
}

/** A number and its noun: « 1 message », « 2 messages ». French is singular below 2. */
export function counted(value: number, one: string, several: string): string {
  return `${count(value)}${NO_BREAK}${Math.abs(value) < 2 ? one : several}`;
}

/** Octets as Ko, Mo, Go, with one decimal where it says something: 184 Ko, 2,6 Mo, 10 Mo. */
export function size(octets: number): string {
  if (octets < 1000) return counted(octets, "octet", "octets");
  const units = ["Ko", "Mo", "Go", "To"];
  let value = octets / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const decimals = unit > 0 && value < 9.95 ? 1 : 0;
  const text = value.toFixed(decimals).replace(/\.0$/, "").replace(".", ",");
  return `${text}${NO_BREAK}${units[unit]}`;
}

/** A part of a whole, the unit said once when it is the same: « 9,1 sur 10 Go ». */
export function sizeOf(part: number, whole: number): string {
  const [value = "", unit] = size(part).split(NO_BREAK);
  return `${size(whole).endsWith(`${NO_BREAK}${unit}`) ? value : size(part)} sur ${size(whole)}`;
}

/** A national id by groups: 8 99700000001. */
export function nationalId(id: string): string {
  return /^8\d{11}$/.test(id) ? id.replace(/^(\d)(\d{2})(\d{3})(\d{3})(\d{3})$/, `$1${NO_BREAK}$2${NO_BREAK}$3${NO_BREAK}$4${NO_BREAK}$5`) : id;
}
