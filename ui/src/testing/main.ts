// The window over a scripted backend. `?coffre=…` starts with another vault, `?vide` with no BAL, `?horsligne` offline.
import { mount } from "svelte";
import App from "../App.svelte";
import { use, type VaultState } from "../backend";
import { clock } from "../state/clock.svelte";
import { preferences } from "../state/preferences.svelte";
import "../style/index.css";
import { fixture } from "./fixture";

const asked = new URLSearchParams(location.search);
preferences.apply();
clock.start();
const backend = fixture({
  ...(asked.has("coffre") && { vault: asked.get("coffre") as VaultState }),
  accounts: !asked.has("vide"),
  offline: asked.has("horsligne"),
});
use(backend);
Object.assign(window, { pliFixture: backend });
const target = document.getElementById("app");
if (target) mount(App, { target });
