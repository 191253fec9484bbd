import { CommandFailure, failureOf, type Answer, type Argument, type Backend, type Name } from "./backend";
import type { Event } from "./contract";

/** The test host: the same contract over HTTP, events as server-sent events. */
export const http: Backend = {
  async call<N extends Name>(name: N, argument: Argument<N>): Promise<Answer<N>> {
    let response: Response;
    try {
      response = await fetch(`/api/${name}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(argument),
      });
    } catch {
      throw new CommandFailure({ code: "internal", about: null, server: null });
    }
    const answer: unknown = await response.json().catch(() => null);
    if (!response.ok) throw new CommandFailure(failureOf(answer));
    return answer as Answer<N>;
  },
  listen(hear) {
    const source = new EventSource("/events");
    source.onmessage = (message: MessageEvent<string>) => hear(JSON.parse(message.data) as Event);
    return () => source.close();
  },
};
