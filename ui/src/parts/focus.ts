// Where the focus goes: into what opens, round inside it, back to where it came from.

const FOCUSABLE =
  'a[href], button:not([disabled]), input:not([disabled]), select:not([disabled]), textarea:not([disabled]), iframe, [tabindex]:not([tabindex="-1"])';

function inside(node: HTMLElement): HTMLElement[] {
  return [...node.querySelectorAll<HTMLElement>(FOCUSABLE)].filter((each) => each.offsetParent !== null);
}

function firstOf(node: HTMLElement): HTMLElement {
  return node.querySelector<HTMLElement>("[data-first]") ?? inside(node)[0] ?? node;
}

/**
 * Keeps the focus inside while the node lives, and gives it back after.
 * @param before what had the focus, where something inside takes it before this runs
 */
export function trapFocus(node: HTMLElement, before: Element | null = document.activeElement): { destroy(): void } {
  const first = node.contains(document.activeElement) ? (document.activeElement as HTMLElement) : firstOf(node);
  first.focus();
  const round = (event: KeyboardEvent): void => {
    if (event.key !== "Tab") return;
    const all = inside(node);
    const start = all[0];
    const end = all.at(-1);
    if (!start || !end) return;
    if (event.shiftKey && document.activeElement === start) {
      event.preventDefault();
      end.focus();
    } else if (!event.shiftKey && document.activeElement === end) {
      event.preventDefault();
      start.focus();
    }
  };
  node.addEventListener("keydown", round);
  return {
    destroy() {
      node.removeEventListener("keydown", round);
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    },
  };
}

/** Calls back when a press falls outside the node. */
export function onPressOutside(node: HTMLElement, leave: () => void): { destroy(): void } {
  const press = (event: PointerEvent): void => {
    if (event.target instanceof Node && !node.contains(event.target)) leave();
  };
  // The press that opened this must not close it.
  const timer = setTimeout(() => document.addEventListener("pointerdown", press, true));
  return {
    destroy() {
      clearTimeout(timer);
      document.removeEventListener("pointerdown", press, true);
    },
  };
}
