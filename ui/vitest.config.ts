import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [svelte()],
  // The state of the window is made of runes: their browser build, as in the window.
  resolve: { conditions: ["browser"] },
  test: {
    include: ["src/**/*.test.ts"],
    env: { TZ: "Europe/Paris" },
  },
});
