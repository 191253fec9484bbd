import { defineConfig } from "@playwright/test";

// `alone`: the window over scripted answers, always. `host`: the window over the real engine, when PLI_HOST_URL names
// a test host that serves it.
const host = process.env.PLI_HOST_URL;

export default defineConfig({
  testDir: ".",
  outputDir: "../test-results",
  fullyParallel: true,
  workers: 2,
  forbidOnly: true,
  reporter: "list",
  use: {
    browserName: "chromium",
    locale: "fr-FR",
    timezoneId: "Europe/Paris",
    viewport: { width: 1440, height: 900 },
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
    { name: "alone", testDir: "alone", use: { baseURL: "http://127.0.0.1:4173" } },
    ...(host ? [{ name: "host", testDir: "host", timeout: 120_000, use: { baseURL: host } }] : []),
  ],
  webServer: {
    command: "npx vite preview --mode fixture --host 127.0.0.1",
    cwd: "..",
    url: "http://127.0.0.1:4173/fixture.html",
    reuseExistingServer: true,
  },
});
