// Where the provider keeps its sessions, grants and tokens: in memory, open to the bench, which makes tokens expire on demand.

const kept = new Map(); // "Model:id" -> payload

const grantable = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken', 'BackchannelAuthenticationRequest']);

/** The adapter that oidc-provider asks for, one for each of its models. */
export class Storage {
  constructor(model) {
    this.model = model;
  }

  key(id) {
    return `${this.model}:${id}`;
  }

  async upsert(id, payload) {
    kept.set(this.key(id), payload);
  }

  async find(id) {
    return kept.get(this.key(id));
  }

  async findByUid(uid) {
    for (const [key, payload] of kept) {
      if (key.startsWith(`${this.model}:`) && payload.uid === uid) return payload;
    }
    return undefined;
  }

  async findByUserCode() {
    return undefined;
  }

  async consume(id) {
    const payload = kept.get(this.key(id));
    if (payload) payload.consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    kept.delete(this.key(id));
  }

  async revokeByGrantId(grantId) {
    for (const [key, payload] of kept) {
      if (payload.grantId === grantId && grantable.has(key.slice(0, key.indexOf(':')))) kept.delete(key);
    }
  }
}

/** Puts the end of life of every record of these models into the past; all persons, or one. Returns how many. */
export function expire(models, accountId) {
  const past = Math.floor(Date.now() / 1000) - 3600;
  let count = 0;
  for (const [key, payload] of kept) {
    if (!models.includes(key.slice(0, key.indexOf(':')))) continue;
    if (accountId && payload.accountId !== accountId) continue;
    payload.exp = past;
    count += 1;
  }
  return count;
}

/** Seconds that a record still lives. */
export function secondsLeft(model, id) {
  const exp = kept.get(`${model}:${id}`)?.exp;
  return exp === undefined ? undefined : Math.max(0, exp - Math.floor(Date.now() / 1000));
}

const issuedSoFar = new Set();

/** Remembers a secret that was given to somebody: a test looks for them all where none may be. */
export function noteIssued(secret) {
  if (typeof secret === 'string' && secret) issuedSoFar.add(secret);
}

/** All of them. */
export const issued = () => [...issuedSoFar];

/** Makes one record end in the past, as a pending login nobody answered in time. */
export function expireOne(model, id) {
  const payload = kept.get(`${model}:${id}`);
  if (payload) payload.exp = Math.floor(Date.now() / 1000) - 1;
}
