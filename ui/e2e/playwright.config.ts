import { defineConfig } from "@playwright/test";

// `alone`: the window over scripted answers. `host`: the window over the real engine and real servers, started by
// stage.ts. PLI_E2E=alone runs the first only, with nothing built in Rust.
const alone = process.env.PLI_E2E === "alone";

// A port of this run's own, so that two clones never look at each other's pages; below those that systems give to
// connections. Workers are told by the environment.
const port = (process.env.PLI_E2E_PORT ??= String(20_000 + (process.pid % 12_000)));
const pages = `http://127.0.0.1:${port}`;

export default defineConfig({
  testDir: ".",
  outputDir: "../test-results",
  globalSetup: "./stage.ts",
  fullyParallel: true,
  workers: 2,
  // Long enough for a busy machine: nothing that passes waits for them.
  timeout: 180_000,
  expect: { timeout: 30_000 },
  forbidOnly: true,
  reporter: "list",
  use: {
    browserName: "chromium",
    locale: "fr-FR",
    timezoneId: "Europe/Paris",
    viewport: { width: 1440, height: 900 },
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env.PLI_CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    ...(alone ? [] : [{ name: "host", testDir: "host", timeout: 300_000, expect: { timeout: 60_000 } }]),
    { name: "alone", testDir: "alone", use: { baseURL: pages } },
  ],
  webServer: {
    command: `npx vite preview --mode fixture --host 127.0.0.1 --port ${port} --strictPort`,
    cwd: "..",
    url: `${pages}/fixture.html`,
    timeout: 180_000,
  },
});
