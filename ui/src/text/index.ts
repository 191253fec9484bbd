// The one catalogue. What is not here is not said.
import { account } from "./account";
import { backup } from "./backup";
import { box } from "./box";
import { common } from "./common";
import { compose } from "./compose";
import { failures } from "./failures";
import { firstRun } from "./first-run";
import { handling } from "./handling";
import { journal } from "./journal";
import { keyboard } from "./keyboard";
import { list } from "./list";
import { localWords } from "./local";
import { lock, login } from "./login";
import { outbox } from "./outbox";
import { purge } from "./purge";
import { quota } from "./quota";
import { reader } from "./reader";
import { retention } from "./retention";
import { rules } from "./rules";
import { settings } from "./settings";
import { sidebar } from "./sidebar";
import { space } from "./space";
import { todo } from "./todo";
import { typeset } from "./typeset";

/** Everything the window says, by feature. */
export const text = typeset({
  account,
  backup,
  box,
  common,
  compose,
  failures,
  firstRun,
  handling,
  journal,
  keyboard,
  list,
  localWords,
  lock,
  login,
  outbox,
  purge,
  quota,
  reader,
  retention,
  rules,
  settings,
  sidebar,
  space,
  todo,
});
