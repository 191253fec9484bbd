import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

// `--mode fixture` builds the same window over scripted answers, to look at every state without an engine. Nothing of
// it is in the ordinary build.
export default defineConfig(({ mode }) => ({
  plugins: [svelte()],
  base: "./",
  build: {
    outDir: mode === "fixture" ? "dist-fixture" : "dist",
    target: "es2022",
    // The window's policy refuses data: fonts and images, so every asset stays a file.
    assetsInlineLimit: 0,
    // Read from the disk, never over a line: one file is the fastest.
    chunkSizeWarningLimit: 1500,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      checks: { pluginTimings: false },
      ...(mode === "fixture" && { input: "fixture.html" }),
    },
  },
  server: { port: 1420, strictPort: true },
  preview: { port: 4173, strictPort: true },
}));
