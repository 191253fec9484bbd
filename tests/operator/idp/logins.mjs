// The logins that wait for a person's answer, from the browser (code flow) or from the phone (CIBA).

const waiting = new Map(); // id -> { id, kind, person, client, binding, decision, listeners }
const newcomers = new Set(); // called when a login begins

/** Notes a login that waits. `person` is undefined when the browser did not say who is coming. */
export function begin(id, { kind, person, client, binding }) {
  if (!waiting.has(id)) {
    waiting.set(id, { id, kind, person, client, binding, decision: undefined, listeners: new Set() });
    for (const call of newcomers) call();
  }
  return waiting.get(id);
}

/** Ends the wait: `{ outcome: 'approved' | 'refused' | 'expired', person }`. */
export function decide(login, decision) {
  login.decision = decision;
  for (const call of login.listeners) call();
  login.listeners.clear();
}

/** Forgets a login that was answered. */
export function end(id) {
  waiting.delete(id);
}

/** What still waits for an answer, oldest first. */
export function pending() {
  return [...waiting.values()].filter((login) => !login.decision);
}

/** The login of this person, else one where nobody was named. */
export function find(person) {
  return pending().find((login) => login.person === person) ?? pending().find((login) => login.person === undefined);
}

/** Waits until `person` has a login to answer, or until the time is over. */
export function arrival(person, seconds) {
  return new Promise((resolve) => {
    const found = find(person);
    if (found || seconds <= 0) return resolve(found);
    const done = (login) => {
      clearTimeout(timer);
      newcomers.delete(look);
      resolve(login);
    };
    const look = () => {
      const login = find(person);
      if (login) done(login);
    };
    const timer = setTimeout(() => done(undefined), seconds * 1000);
    newcomers.add(look);
  });
}

/** Waits until this login is answered, or until the time is over. */
export function answer(login, seconds) {
  return new Promise((resolve) => {
    if (login.decision) return resolve();
    const timer = setTimeout(resolve, seconds * 1000);
    login.listeners.add(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
