// What the journey needs around it: a local operator, whose logins the story approves, and a test host over an empty profile.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../..");
/** Where cargo leaves programs: a relative folder is one of the repository's root. */
const programs = join(resolve(root, process.env.CARGO_TARGET_DIR || "target"), "debug");
const BUILD = "cargo build -p pli-operator && cargo build -p pli-host --features local-operator";

/** The variables that `pli-operator status --env` gives as shell lines. */
function variables(lines: string): Record<string, string> {
  return Object.fromEntries([...lines.matchAll(/^export (\w+)='([^']*)'$/gm)].map(([, name, value]) => [name, value]));
}

/** Starts both, unless PLI_HOST_URL names a host already there or PLI_E2E=alone asks for none; gives back how to stop. */
export default async function stage(): Promise<() => void> {
  if (process.env.PLI_HOST_URL || process.env.PLI_E2E === "alone") return () => undefined;
  const operator = join(programs, "pli-operator");
  const program = join(programs, "pli-host");
  for (const needed of [operator, program]) {
    if (!existsSync(needed)) throw new Error(`${needed} is not built. From the root: ${BUILD}. Or set PLI_HOST_URL, or PLI_E2E=alone.`);
  }
  const folder = mkdtempSync(join(tmpdir(), "pli-e2e-"));
  const at = ["--dir", join(folder, "operator")];
  for (const name of ["home", "files/attach"]) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, "files/attach/Bilan du 10 novembre.txt"), "Créatinine 88 µmol/L\n");
  execFileSync(operator, ["start", ...at], { stdio: "ignore" });
  const stopOperator = (): void => {
    execFileSync(operator, ["stop", ...at], { stdio: "ignore" });
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const known = variables(execFileSync(operator, ["status", "--env", ...at], { encoding: "utf8" }));
    const host = spawn(program, ["--pages", resolve(here, "../dist"), "--files", join(folder, "files")], {
      // The browser that the login opens is played by the operator's program, which answers once the story has approved.
      env: { ...process.env, ...known, PLI_HOME: join(folder, "home"), BROWSER: `${operator} browse` },
      stdio: ["pipe", "pipe", "inherit"],
    });
    const first = await new Promise<string>((tell, refuse) => {
      createInterface({ input: host.stdout }).once("line", tell);
      host.once("exit", (code) => refuse(new Error(`the test host ended at once (${code})`)));
    });
    process.env.PLI_E2E_STAGED = "yes";
    // Where the host writes exports, and looks for those to check.
    process.env.PLI_E2E_FILES = join(folder, "files");
    // How the story answers for the person: `approve ID`, `refuse ID`.
    process.env.PLI_E2E_OPERATOR = JSON.stringify([operator, ...at]);
    process.env.PLI_HOST_URL = (JSON.parse(first) as { url: string }).url;
    return () => {
      // The host lives as long as its standard input.
      host.removeAllListeners("exit");
      host.stdin.end();
      host.kill();
      stopOperator();
    };
  } catch (thrown) {
    stopOperator();
    throw thrown;
  }
}
