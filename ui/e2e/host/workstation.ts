// A workstation of one person, ready to use: what the journey does by hand, asked of the core directly.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "@playwright/test";
import { expect } from "@playwright/test";
import type { Answer, Argument, Name } from "../../src/backend";
import { CAPTURES, type Host, type Operator } from "../stage";

const PASSPHRASE = "quatre mots sans rapport";

/** Who writes to the boxes of these stories. */
export const LABO = "labo@beta.mssante.test";

/** A box to open: its address, and what it is. */
export type Box = readonly [address: string, kind: "PER" | "CAB"];

export class Workstation {
  /** What went wrong in the window. */
  readonly errors: string[] = [];

  private constructor(
    private readonly host: Host,
    readonly page: Page,
  ) {
    page.on("pageerror", (error) => this.errors.push(error.message));
  }

  /** The person of this national id, logged in, these boxes synced, and their inbox on the screen. The operator approves by itself. */
  static async open(browser: Browser, operator: Operator, nationalId: string, boxes: readonly Box[]): Promise<Workstation> {
    const host = await operator.host(nationalId);
    const page = await (await browser.newContext()).newPage();
    const here = new Workstation(host, page);
    const { version } = await here.ask("terms_get", {});
    await here.ask("terms_accept", { version });
    await here.ask("vault_open", { passphrase: PASSPHRASE });
    await here.ask("login_start", { way: "phone", nationalId, channel: "mobile", account: null });
    await expect.poll(async () => (await here.ask("session_get", {}))?.nationalId).toBe(nationalId);
    for (const [address, kind] of boxes) await here.ask("account_add", { address, kind, method: "code", name: null });
    await here.synced();
    await page.goto(host.url);
    await expect(page.locator(".row").first()).toBeVisible();
    return here;
  }

  /** A command of the contract, as the window would ask it. */
  async ask<N extends Name>(name: N, argument: Argument<N>): Promise<Answer<N>> {
    const answer = await this.page.request.post(new URL(`/api/${name}`, this.host.url).href, { data: argument });
    if (!answer.ok()) throw new Error(`${name}: ${await answer.text()}`);
    return (await answer.json()) as Answer<N>;
  }

  /** Every box has been synced whole. */
  private async synced(): Promise<void> {
    await this.ask("sync_now", { account: null });
    const done = async (): Promise<boolean> =>
      (await this.ask("account_list", {})).every(({ syncedAt }) => syncedAt !== null) && !(await this.ask("status", {})).syncing;
    await expect.poll(done).toBe(true);
  }

  /** Locked, then opened again: every connection is made anew. */
  async reopen(): Promise<void> {
    await this.page.keyboard.press("Control+l");
    const secret = this.page.getByLabel("Phrase de passe", { exact: true });
    await secret.fill(PASSPHRASE);
    await secret.press("Enter");
    await expect(this.page.locator(".row").first()).toBeVisible();
  }

  /** The number of a box. */
  async account(address: string): Promise<number> {
    const found = (await this.ask("account_list", {})).find((each) => each.address === address);
    if (!found) throw new Error(`${address} is not here`);
    return found.id;
  }

  /** Where it writes what the person saves. */
  get files(): string {
    return this.host.files;
  }

  /** The picture of the window as it is: `target/captures/NAME.png`. */
  capture(name: string): Promise<void> {
    return shot(this.page, name);
  }

  async close(): Promise<void> {
    expect(this.errors).toEqual([]);
    await this.page.context().close();
    await this.host.stop();
  }
}

/** The picture of a window as it is, once notices are closed and what moves is at rest: `target/captures/NAME.png`. */
export async function shot(page: Page, name: string): Promise<void> {
  await page.evaluate(() => document.querySelectorAll<HTMLElement>(".toast .btn.icon").forEach((close) => close.click()));
  await expect(page.locator(".toast")).toHaveCount(0);
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map((each) => each.finished)));
  mkdirSync(CAPTURES, { recursive: true });
  await page.screenshot({ path: join(CAPTURES, `${name}.png`) });
}

/** Hands over a letter of about this many octets, as another operator would. */
export function deliver(operator: Operator, to: string, subject: string, octets: number, file = "document.pdf"): void {
  const content = Buffer.alloc(Math.max(64, Math.floor(((octets - 900) * 57) / 78)), "Pli ").toString("base64");
  const now = new Date().toUTCString();
  const raw = [
    `From: =?utf-8?q?Imagerie_m=C3=A9dicale_de_l=27Essai?= <${LABO}>`,
    `To: ${to}`,
    `Subject: =?utf-8?b?${Buffer.from(subject).toString("base64")}?=`,
    `Date: ${now.replace("GMT", "+0000")}`,
    `Message-ID: <${Buffer.from(subject).toString("hex").slice(0, 40)}.${octets}@beta.mssante.test>`,
    "MIME-Version: 1.0",
    'Content-Type: multipart/mixed; boundary="suite"',
    "",
    "--suite",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: base64",
    "",
    Buffer.from("Bonjour,\r\n\r\nLes images et leur compte rendu sont joints.\r\n").toString("base64"),
    "--suite",
    `Content-Type: application/pdf; name="${file}"`,
    "Content-Transfer-Encoding: base64",
    `Content-Disposition: attachment; filename="${file}"`,
    "",
    ...(content.match(/.{1,76}/g) ?? []),
    "--suite--",
    "",
  ];
  const path = join(operator.folder, "letter.eml");
  writeFileSync(path, raw.join("\r\n"));
  operator.run("deliver", "--box", to, "--from", LABO, path);
}
