// What the person chose for this window on this workstation. Nothing here is about mail.

export type Theme = "system" | "light" | "dark";

const THEME = "pli.theme";
const LETTERS = "pli.letters";

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // A window without storage keeps its choice until it closes.
  }
}

function knownTheme(value: string | null): Theme {
  return value === "light" || value === "dark" ? value : "system";
}

class Preferences {
  theme = $state<Theme>(knownTheme(read(THEME)));
  /** Whether a single letter is a shortcut (WCAG 2.1.4 asks that it can be turned off). */
  letters = $state(read(LETTERS) !== "off");

  chooseTheme(theme: Theme): void {
    this.theme = theme;
    write(THEME, theme);
    this.apply();
  }

  chooseLetters(on: boolean): void {
    this.letters = on;
    write(LETTERS, on ? "on" : "off");
  }

  /** Puts the choice on the document; without one, the system's preference holds. */
  apply(): void {
    const root = document.documentElement;
    if (this.theme === "system") delete root.dataset.theme;
    else root.dataset.theme = this.theme;
  }
}

export const preferences = new Preferences();
