import type { Code, Commands, Event, Failure } from "./contract";

/** A command's name. */
export type Name = keyof Commands;
/** What a command takes. */
export type Argument<N extends Name> = Commands[N]["argument"];
/** What a command answers. */
export type Answer<N extends Name> = Commands[N]["answer"];

/** Whatever answers the window's commands: the shell, the test host, or a script. */
export interface Backend {
  /** Runs a command; throws a {@link CommandFailure} when it fails. */
  call<N extends Name>(name: N, argument: Argument<N>): Promise<Answer<N>>;
  /** Hears every event until the function it gives back is called. */
  listen(hear: (event: Event) => void): () => void;
}

/** A command failed, with the code the window branches on. */
export class CommandFailure extends Error {
  constructor(readonly failure: Failure) {
    super(failure.code);
    this.name = "CommandFailure";
  }
}

function looksLikeFailure(value: unknown): value is Failure {
  return typeof value === "object" && value !== null && typeof (value as Failure).code === "string";
}

/** Whatever was thrown, as a failure of the contract. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof CommandFailure) return thrown.failure;
  if (looksLikeFailure(thrown)) return { code: thrown.code, about: thrown.about ?? null, server: thrown.server ?? null };
  return { code: "internal", about: null, server: null };
}

/** Whether this was thrown for that code. */
export function failedBy(thrown: unknown, code: Code): boolean {
  return failureOf(thrown).code === code;
}
