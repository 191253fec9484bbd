// The only module that knows who answers.
import type { Answer, Argument, Backend, Name } from "./backend";
import type { Event } from "./contract";

export { CommandFailure, failedBy, failureOf } from "./backend";
export type { Answer, Argument, Backend, Name } from "./backend";
export type * from "./contract";

let chosen: Backend | undefined;

/** Says who answers. Called once before the window is drawn, and by tests. */
export function use(backend: Backend): void {
  chosen = backend;
}

/** Chooses the shell when there is one, else the test host. */
export async function useHost(): Promise<void> {
  if ("__TAURI_INTERNALS__" in window) use((await import("./tauri")).tauri);
  else use((await import("./http")).http);
}

function backend(): Backend {
  if (!chosen) throw new Error("no backend was chosen");
  return chosen;
}

/** Runs a command of the contract. */
export function ask<N extends Name>(name: N, argument: Argument<N>): Promise<Answer<N>> {
  return backend().call(name, argument);
}

/** Hears every event until the function it gives back is called. */
export function listen(hear: (event: Event) => void): () => void {
  return backend().listen(hear);
}
