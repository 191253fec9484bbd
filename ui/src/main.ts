import { mount } from "svelte";
import App from "./App.svelte";
import { useHost } from "./backend";
import { clock } from "./state/clock.svelte";
import { preferences } from "./state/preferences.svelte";
import "./style/index.css";

preferences.apply();
clock.start();
await useHost();
const target = document.getElementById("app");
if (target) mount(App, { target });
