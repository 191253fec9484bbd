// Instants as French people read them. The time now is always given, never read here.

const NO_BREAK = "\u00a0";
const DAYS = ["dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"];
const MONTHS = [
  "janvier", "février", "mars", "avril", "mai", "juin",
  "juillet", "août", "septembre", "octobre", "novembre", "décembre",
];

/** A day of the local calendar as 2026-11-17: what groups are made of. */
export function dayOf(instant: string | Date): string {
  const date = new Date(instant);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function two(value: number): string {
  return value.toString().padStart(2, "0");
}

function first(day: number): string {
  return day === 1 ? "1er" : day.toString();
}

/** 9 h 04. */
export function hour(instant: string | Date): string {
  const date = new Date(instant);
  return `${date.getHours()}${NO_BREAK}h${NO_BREAK}${two(date.getMinutes())}`;
}

/** 14/03/1951. */
export function shortDay(instant: string | Date): string {
  const date = new Date(instant);
  return `${two(date.getDate())}/${two(date.getMonth() + 1)}/${date.getFullYear()}`;
}

/** « mardi 17 novembre », with the year when it is not this one. */
export function longDay(instant: string | Date, now: Date): string {
  const date = new Date(instant);
  const year = date.getFullYear() === now.getFullYear() ? "" : ` ${date.getFullYear()}`;
  return `${DAYS[date.getDay()]} ${first(date.getDate())}${NO_BREAK}${MONTHS[date.getMonth()]}${year}`;
}

/** A group's heading: « Aujourd’hui, mardi 17 novembre », « Hier, … », « Samedi 14 novembre ». */
export function dayHeading(instant: string | Date, now: Date): string {
  const day = dayOf(instant);
  const long = longDay(instant, now);
  if (day === dayOf(now)) return `Aujourd’hui, ${long}`;
  if (day === dayOf(daysBefore(now, 1))) return `Hier, ${long}`;
  return long.charAt(0).toUpperCase() + long.slice(1);
}

/** The same hour, some days before. */
export function daysBefore(now: Date, days: number): Date {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() - days, now.getHours(), now.getMinutes());
}

/** In a sentence: « aujourd’hui à 9 h 04 », « hier à 18 h 12 », « le samedi 14 novembre à 9 h 04 ». */
export function moment(instant: string | Date, now: Date): string {
  const day = dayOf(instant);
  if (day === dayOf(now)) return `aujourd’hui à ${hour(instant)}`;
  if (day === dayOf(daysBefore(now, 1))) return `hier à ${hour(instant)}`;
  return `le ${longDay(instant, now)} à ${hour(instant)}`;
}

/** Whole, for paper, where « aujourd’hui » means nothing: « mardi 17 novembre 2026 à 9 h 04 ». */
export function wholeMoment(instant: string | Date): string {
  const date = new Date(instant);
  return `${DAYS[date.getDay()]} ${first(date.getDate())}${NO_BREAK}${MONTHS[date.getMonth()]} ${date.getFullYear()} à ${hour(date)}`;
}

/** Short, on its own: « 9 h 04 » today, « 17/11 à 9 h 04 » this year, « 17/11/2025 à 9 h 04 ». */
export function shortMoment(instant: string | Date, now: Date): string {
  const date = new Date(instant);
  if (dayOf(date) === dayOf(now)) return hour(date);
  const day = date.getFullYear() === now.getFullYear() ? shortDay(date).slice(0, 5) : shortDay(date);
  return `${day} à ${hour(date)}`;
}

/** Seconds left until an instant, never below 0. */
export function secondsUntil(instant: string, now: Date): number {
  return Math.max(0, Math.ceil((Date.parse(instant) - now.getTime()) / 1000));
}

/** A length of time: « 1 min 34 s », « 34 s », « 2 min ». */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const minutes = Math.floor(whole / 60);
  const rest = whole % 60;
  const parts = [...(minutes > 0 ? [`${minutes}${NO_BREAK}min`] : []), ...(rest > 0 || minutes === 0 ? [`${rest}${NO_BREAK}s`] : [])];
  return parts.join(NO_BREAK);
}

const WRITTEN = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/;

/** The clock time as the workstation wrote it, its own offset kept: « 09:04:12 ». */
export function writtenClock(instant: string): string {
  return WRITTEN.exec(instant)?.[4] ?? instant;
}

/** The day as the workstation wrote it: « 2026-11-17 ». */
export function writtenDay(instant: string): string {
  return instant.slice(0, 10);
}

/** Everything the workstation wrote: « 17/11/2026 08:52:17,204 (UTC+01:00) ». */
export function writtenWhole(instant: string): string {
  const parts = WRITTEN.exec(instant);
  if (!parts) return instant;
  const [, year, month, day, clock, fraction, offset] = parts;
  const thousandths = (fraction ?? "000").padEnd(3, "0").slice(0, 3);
  return `${day}/${month}/${year} ${clock},${thousandths} (UTC${offset === "Z" ? "+00:00" : offset})`;
}

/** « Mardi 17 novembre 2026 », from a day written 2026-11-17. */
export function writtenHeading(day: string): string {
  const date = new Date(`${day}T12:00:00`);
  if (Number.isNaN(date.getTime())) return day;
  const name = DAYS[date.getDay()] ?? "";
  return `${name.charAt(0).toUpperCase()}${name.slice(1)} ${first(date.getDate())}${NO_BREAK}${MONTHS[date.getMonth()]} ${date.getFullYear()}`;
}

/** A day as a person types it (17/11/2026, 17-11-26, 17/11, 2026-11-17), written 2026-11-17; `null`: that is no day. */
export function readDay(typed: string, now: Date): string | null {
  const words = typed.trim();
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(words);
  const french = /^(\d{1,2})[/.\- ](\d{1,2})(?:[/.\- ](\d{2}|\d{4}))?$/.exec(words);
  const [year, month, day] = iso
    ? [Number(iso[1]), Number(iso[2]), Number(iso[3])]
    : french
      ? [french[3] ? Number(french[3].padStart(4, "20")) : now.getFullYear(), Number(french[2]), Number(french[1])]
      : [0, 0, 0];
  const date = new Date(year, month - 1, day);
  const real = year >= 2000 && date.getFullYear() === year && date.getMonth() === month - 1 && date.getDate() === day;
  return real ? dayOf(date) : null;
}

/** A day written 2026-11-17 as a person reads it: 17/11/2026. */
export function writtenShort(day: string): string {
  return day.split("-").reverse().join("/");
}

/** The first instant of a local day written 2026-11-17, some days later. */
export function startOfDay(day: string, later = 0): Date {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + later);
}

/** How far a clock went: « 12 ms », « 3,2 s », « 2 min 3 s », « 4 h 10 min », « 3 jours ». */
export function gap(milliseconds: number): string {
  const value = Math.abs(Math.round(milliseconds));
  if (value < 1000) return `${value}${NO_BREAK}ms`;
  const seconds = value / 1000;
  if (seconds < 60) return `${seconds.toFixed(1).replace(/\.0$/, "").replace(".", ",")}${NO_BREAK}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return span(Math.round(seconds));
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return [`${hours}${NO_BREAK}h`, ...(minutes % 60 > 0 ? [`${minutes % 60}${NO_BREAK}min`] : [])].join(NO_BREAK);
  return `${Math.round(hours / 24)}${NO_BREAK}jours`;
}

const SHORT_MONTHS = ["janv.", "févr.", "mars", "avril", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."];

/** A day written 2026-11-17 in a sentence: « 17 novembre 2026 ». */
export function longDate(day: string): string {
  const [year = 0, month = 1, date = 1] = day.slice(0, 10).split("-").map(Number);
  return `${first(date)}${NO_BREAK}${MONTHS[month - 1]} ${year}`;
}

/** A day written 2026-11-17, short: « 17 nov. ». */
export function dayMonth(day: string): string {
  const [, month = 1, date = 1] = day.split("-").map(Number);
  return `${first(date)}${NO_BREAK}${SHORT_MONTHS[month - 1]}`;
}

/** The month of a day written 2026-11-17: « nov. ». */
export function monthShort(day: string): string {
  return SHORT_MONTHS[Number(day.slice(5, 7)) - 1] ?? "";
}
