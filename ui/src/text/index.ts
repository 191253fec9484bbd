// The one catalogue. What is not here is not said.
import { account } from "./account";
import { common } from "./common";
import { compose } from "./compose";
import { failures } from "./failures";
import { firstRun } from "./first-run";
import { journal } from "./journal";
import { keyboard } from "./keyboard";
import { list } from "./list";
import { localWords } from "./local";
import { lock, login } from "./login";
import { outbox } from "./outbox";
import { reader } from "./reader";
import { retention } from "./retention";
import { settings } from "./settings";
import { sidebar } from "./sidebar";
import { typeset } from "./typeset";

/** Everything the window says, by feature. */
export const text = typeset({
  account,
  common,
  compose,
  failures,
  firstRun,
  journal,
  keyboard,
  list,
  localWords,
  lock,
  login,
  outbox,
  reader,
  retention,
  settings,
  sidebar,
});
