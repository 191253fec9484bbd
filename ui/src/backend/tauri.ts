import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { CommandFailure, failureOf, type Answer, type Argument, type Backend, type Name } from "./backend";
import type { Event } from "./contract";

/** The desktop shell: one handler a command, one channel for events. */
export const tauri: Backend = {
  async call<N extends Name>(name: N, argument: Argument<N>): Promise<Answer<N>> {
    try {
      return await invoke<Answer<N>>(name, { argument });
    } catch (thrown) {
      throw new CommandFailure(failureOf(thrown));
    }
  },
  listen(hear) {
    let stopped = false;
    const listening = listen<Event>("pli", (message) => {
      if (!stopped) hear(message.payload);
    });
    return () => {
      stopped = true;
      void listening.then((stop) => stop());
    };
  },
};
