// What stories on the real core need around them: a local operator, and a test host over an empty profile.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../..");
const target = resolve(root, process.env.CARGO_TARGET_DIR || "target");
/** Where cargo leaves programs: a relative folder is one of the repository's root. */
const programs = join(target, "debug");
const BUILD = "cargo build -p pli-operator && cargo build -p pli-host --features local-operator";

/** Where pictures of the window go, as those of the shell do. */
export const CAPTURES = join(target, "captures");

/** The variables that `pli-operator status --env` gives as shell lines. */
function variables(lines: string): Record<string, string> {
  return Object.fromEntries([...lines.matchAll(/^export (\w+)='([^']*)'$/gm)].map(([, name, value]) => [name, value]));
}

/** A local operator of its own, in a folder that goes with it. */
export class Operator {
  readonly folder = mkdtempSync(join(tmpdir(), "pli-e2e-"));
  private readonly at = ["--dir", join(this.folder, "operator")];
  private readonly program = join(programs, "pli-operator");

  /** Starts it; `flags` as `cargo operator start` takes them. */
  constructor(...flags: readonly string[]) {
    for (const needed of [this.program, join(programs, "pli-host")]) {
      if (!existsSync(needed)) throw new Error(`${needed} is not built. From the root: ${BUILD}. Or set PLI_HOST_URL, or PLI_E2E=alone.`);
    }
    execFileSync(this.program, ["start", ...flags, ...this.at], { stdio: "ignore" });
  }

  /** How to ask it by another process: the program, then what follows each verb. */
  get asked(): string[] {
    return [this.program, ...this.at];
  }

  /** One of its verbs, such as `quota` or `deliver`. */
  run(verb: string, ...words: readonly string[]): string {
    return execFileSync(this.program, [verb, ...words, ...this.at], { encoding: "utf8" });
  }

  /** The messages in the inbox of a box, as the server keeps them. */
  inbox(address: string): string[] {
    const { dir } = JSON.parse(this.run("status", "--json")) as { dir: string };
    const [name = "", domain = ""] = address.split("@");
    return ["new", "cur"].flatMap((part) => {
      const folder = join(dir, "mail", domain, name, "Maildir", part);
      return existsSync(folder) ? readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8")) : [];
    });
  }

  /** A test host over an empty profile of this name. The login's browser is played by the operator's program. */
  async host(name: string): Promise<Host> {
    const files = join(this.folder, name, "files");
    for (const each of ["home", "files/attach"]) mkdirSync(join(this.folder, name, each), { recursive: true });
    const host = spawn(join(programs, "pli-host"), ["--pages", resolve(here, "../dist"), "--files", files], {
      env: {
        ...process.env,
        ...variables(this.run("status", "--env")),
        PLI_HOME: join(this.folder, name, "home"),
        BROWSER: `${this.program} browse`,
      },
      stdio: ["pipe", "pipe", "inherit"],
    });
    const first = await new Promise<string>((tell, refuse) => {
      createInterface({ input: host.stdout }).once("line", tell);
      host.once("exit", (code) => refuse(new Error(`the test host ended at once (${code})`)));
    });
    const { url } = JSON.parse(first) as { url: string };
    const ended = new Promise<void>((tell) => host.once("exit", () => tell()));
    const stop = (): Promise<void> => {
      // The host lives as long as its standard input.
      host.stdin.end();
      host.kill();
      return ended;
    };
    return { url, files, stop };
  }

  stop(): void {
    execFileSync(this.program, ["stop", ...this.at], { stdio: "ignore" });
    // Servers that end may write a last line meanwhile.
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

/** A test host that runs. */
export interface Host {
  readonly url: string;
  /** Where it writes what a person would save, and reads what they would choose. */
  readonly files: string;
  /** Comes back once it has ended: nothing writes to its folders any more. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts what the journey needs, unless PLI_HOST_URL names a host already there or PLI_E2E=alone asks for none; gives back
 * how to stop. The journey approves its logins itself.
 */
export default async function stage(): Promise<() => Promise<void>> {
  if (process.env.PLI_HOST_URL || process.env.PLI_E2E === "alone") return () => Promise.resolve();
  const operator = new Operator();
  try {
    const host = await operator.host("journey");
    writeFileSync(join(host.files, "attach/Bilan du 10 novembre.txt"), "Créatinine 88 µmol/L\n");
    process.env.PLI_E2E_STAGED = "yes";
    // Where the host writes exports, and looks for those to check.
    process.env.PLI_E2E_FILES = host.files;
    // How the story answers for the person: `approve ID`, `refuse ID`.
    process.env.PLI_E2E_OPERATOR = JSON.stringify(operator.asked);
    process.env.PLI_HOST_URL = host.url;
    return async () => {
      await host.stop();
      operator.stop();
    };
  } catch (thrown) {
    operator.stop();
    throw thrown;
  }
}
