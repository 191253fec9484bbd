// Every key of the window goes through here: one listener, layers, and no letter while someone writes.
import { preferences } from "./preferences.svelte";

/** What lies on top answers first; a modal layer hides all below it. Nothing hides `always`: the lock is there. */
export type Layer = "app" | "view" | "pane" | "overlay" | "modal" | "always";

const ORDER: readonly Layer[] = ["app", "view", "pane", "overlay", "modal", "always"];

/** A chord as written in the code: `r`, `Shift+ArrowDown`, `Ctrl+Enter`, `g t`. */
export interface Binding {
  readonly chord: string;
  readonly run: (event: KeyboardEvent) => void;
  /** Also while someone writes in a field (chords with Ctrl and Escape always do). */
  readonly inField?: boolean;
  /** Never while someone writes: the chord has a meaning of its own there (Ctrl Z, Ctrl A). */
  readonly outOfField?: boolean;
}

interface Group {
  readonly layer: Layer;
  readonly bindings: readonly Binding[];
}

/** ⌘ stands for Ctrl on macOS. */
export const isMac = typeof navigator !== "undefined" && /Mac/.test(navigator.platform);

/** How a pressed key is written in a chord. */
export function chordOf(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "shiftKey" | "altKey">): string {
  const control = isMac ? event.metaKey : event.ctrlKey;
  const printable = event.key.length === 1;
  const key = printable ? event.key.toLowerCase() : event.key;
  const letter = printable && event.key.toLowerCase() !== event.key.toUpperCase();
  // Shift is part of « ? » or « / » already; it is written only with letters and named keys.
  const shift = event.shiftKey && (!printable || letter);
  return `${control ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}${shift ? "Shift+" : ""}${key}`;
}

/** Whether the chord is a character alone, which a person may have turned off. */
export function isSingleCharacter(chord: string): boolean {
  const key = chord.replace(/^Shift\+/, "");
  return key.length === 1 && key !== " " ? true : /^\w \w$/.test(chord);
}

function writes(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return true;
  if (target instanceof HTMLInputElement) return !["checkbox", "radio", "button", "submit"].includes(target.type);
  return false;
}

const MOVES = new Set(["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "PageUp", "PageDown", "Home", "End", " "]);

function actsByItself(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLSelectElement) return true;
  // A region that scrolls, a group of tabs or a menu keeps its own moves.
  if (MOVES.has(key) && target.closest("[data-own-keys]") !== null) return true;
  if (key !== "Enter" && key !== " ") return false;
  return target.closest("button, a[href], summary, input, [role='tab'], [role='menuitem']") !== null;
}

class Keys {
  private groups: Group[] = [];
  private prefix = "";
  private prefixTimer: ReturnType<typeof setTimeout> | undefined;

  /** Adds bindings; the function it gives back takes them away. */
  bind(layer: Layer, bindings: readonly Binding[]): () => void {
    const group: Group = { layer, bindings };
    this.groups.push(group);
    return () => {
      this.groups = this.groups.filter((other) => other !== group);
    };
  }

  /** The listener of the window. */
  press = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing) return;
    const chord = chordOf(event);
    const writing = writes(event.target);
    if (actsByItself(event.target, event.key) && !event.ctrlKey && !event.metaKey) return;
    const whole = this.prefix === "" ? chord : `${this.prefix} ${chord}`;
    this.endPrefix();
    for (const group of this.fromTheTop()) {
      for (const binding of group.bindings) {
        if (binding.chord === whole && this.allowed(binding, whole, writing)) {
          event.preventDefault();
          binding.run(event);
          return;
        }
      }
    }
    if (!writing && preferences.letters && this.isPrefix(chord)) {
      event.preventDefault();
      this.prefix = chord;
      this.prefixTimer = setTimeout(() => (this.prefix = ""), 1500);
    }
  };

  private allowed(binding: Binding, chord: string, writing: boolean): boolean {
    if (isSingleCharacter(chord) && !preferences.letters && !binding.inField) return false;
    if (!writing) return true;
    if (binding.outOfField) return false;
    return binding.inField === true || chord.startsWith("Ctrl+") || chord === "Escape";
  }

  private fromTheTop(): Group[] {
    const order = (group: Group): number => ORDER.indexOf(group.layer);
    const sorted = this.groups.map((group, place) => ({ group, place }));
    sorted.sort((a, b) => order(b.group) - order(a.group) || b.place - a.place);
    const all = sorted.map(({ group }) => group);
    const modal = all.find(({ layer }) => layer === "modal");
    return modal ? all.filter((group) => group === modal || group.layer === "always") : all;
  }

  private isPrefix(chord: string): boolean {
    return this.fromTheTop().some(({ bindings }) => bindings.some((binding) => binding.chord.startsWith(`${chord} `)));
  }

  private endPrefix(): void {
    clearTimeout(this.prefixTimer);
    this.prefix = "";
  }
}

export const keys = new Keys();
