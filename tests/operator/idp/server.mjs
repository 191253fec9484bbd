// Serves the provider, the page where a person waits, and /bench, by which tests answer logins. Loopback only.
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { createProvider, settings } from './provider.mjs';
import { expire, issued } from './storage.mjs';
import * as logins from './logins.mjs';

const port = Number(process.env.PLI_IDP_PORT);
const issuer = `http://127.0.0.1:${port}`;
const people = JSON.parse(fs.readFileSync(process.env.PLI_IDP_PEOPLE, 'utf8'));
settings.accessTokenSeconds = Number(process.env.PLI_IDP_TOKEN_SECONDS) || settings.accessTokenSeconds;
settings.autoApprove = process.env.PLI_IDP_AUTO_APPROVE === '1';
settings.defaultPerson = Object.keys(people)[0];

const tlsPort = Number(process.env.PLI_IDP_TLS_PORT);
const tlsFolder = process.env.PLI_IDP_TLS;
for (const [variable, name] of [['PLI_IDP_REFRESH_SECONDS', 'refreshTokenSeconds'], ['PLI_IDP_SESSION_SECONDS', 'sessionSeconds']]) {
  settings[name] = Number(process.env[variable]) || settings[name];
}

const { provider, settle, accessToken } = createProvider(issuer, people, `https://localhost:${tlsPort}`);
const answerWithProvider = provider.callback();
const WAIT_SECONDS = 110;

// A client without a cookie jar can follow a login too: what /auth set for an interaction is given back on its later steps.
const cookies = new Map(); // interaction uid -> cookie header

function rememberCookies(res) {
  const end = res.end.bind(res);
  res.end = (...args) => {
    const place = /\/interaction\/([\w-]+)$/.exec(res.getHeader('location') ?? '');
    const set = res.getHeader('set-cookie');
    if (place && set) cookies.set(place[1], [].concat(set).map((cookie) => cookie.split(';')[0]).join('; '));
    return end(...args);
  };
}

function lendCookies(req, path) {
  const step = /^\/(?:interaction|auth)\/([\w-]+)$/.exec(path);
  if (step && !req.headers.cookie && cookies.has(step[1])) req.headers.cookie = cookies.get(step[1]);
}

const escape = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

function waitingPage(login) {
  const person = people[login.person]?.claims;
  const who = person ? `${person.given_name} ${person.family_name} (${login.person})` : 'un professionnel de santé';
  const id = login.person ?? settings.defaultPerson;
  return `<!doctype html><html lang="fr"><head><meta charset="utf-8"><meta http-equiv="refresh" content="1">
<title>Connexion en attente</title><style>body{font:18px/1.5 sans-serif;margin:4rem auto;max-width:36rem;padding:0 1rem}</style></head>
<body><h1>Connexion en attente</h1><p>Fournisseur d’identité local, pour les essais. Connexion de <strong>${escape(who)}</strong>.</p>
<p>Cette page continue d’elle-même dès que la connexion est approuvée :</p><p><code>cargo operator approve ${escape(id)}</code></p>
</body></html>`;
}

/** Who is coming, by a national id or the address of a box; nobody in particular when the hint says nothing. */
function personOf(hint) {
  if (!hint || people[hint]) return hint;
  return Object.keys(people).find((id) => people[id].mailboxes.includes(hint));
}

async function interaction(req, res, uid) {
  const details = await provider.interactionDetails(req, res);
  const login = logins.begin(uid, { kind: 'code', person: personOf(details.params.login_hint), client: details.params.client_id });
  if (!login.decision && settings.autoApprove) {
    logins.decide(login, { outcome: 'approved', person: login.person ?? settings.defaultPerson });
  }
  const browser = (req.headers.accept ?? '').includes('text/html');
  if (!login.decision && !browser) await logins.answer(login, WAIT_SECONDS);
  if (!login.decision) {
    res.setHeader('content-type', 'text/html; charset=utf-8');
    return res.end(waitingPage(login));
  }
  const { outcome, person } = login.decision;
  logins.end(uid);
  cookiesLater(uid);
  const result = outcome === 'approved'
    ? { login: { accountId: person, acr: 'eidas1', amr: ['mobile'] }, consent: {} }
    : { error: 'access_denied', error_description: outcome === 'refused' ? 'the person refused' : 'the login expired' };
  return provider.interactionFinished(req, res, result, { mergeWithLastSubmission: false });
}

function cookiesLater(uid) {
  // The redirect that ends the login comes right after; then nothing needs them.
  setTimeout(() => cookies.delete(uid), 60_000).unref();
}

const seen = new Map(); // path -> how many requests, the bench's own apart
let down = false; // out of service: everything but the bench answers 503

async function bench(url) {
  const q = url.searchParams;
  const id = q.get('id') ?? undefined;
  const outcomes = { '/bench/approve': 'approved', '/bench/refuse': 'refused', '/bench/expire': 'expired' };
  if (url.pathname in outcomes) {
    if (!people[id]) return [404, { error: 'unknown person' }];
    const login = await logins.arrival(id, Number(q.get('wait') ?? 0));
    if (!login) return [404, { error: 'no pending login' }];
    await settle(login, { outcome: outcomes[url.pathname], person: id });
    return [200, { id: login.id, kind: login.kind, person: id, outcome: outcomes[url.pathname] }];
  }
  switch (url.pathname) {
    case '/bench/pending':
      return [200, logins.pending().map(({ id, kind, person, client, binding }) => ({ id, kind, person, client, binding }))];
    case '/bench/people':
      return [200, people];
    case '/bench/token': {
      const account = q.has('mailbox') ? `bench:${q.get('mailbox')}` : id;
      if (!q.has('mailbox') && !people[id]) return [404, { error: 'unknown person' }];
      return [200, { access_token: await accessToken(account, Number(q.get('ttl') ?? 0)) }];
    }
    case '/bench/ttl':
      settings.accessTokenSeconds = Number(q.get('s'));
      return [200, { seconds: settings.accessTokenSeconds }];
    case '/bench/lifetimes':
      settings.accessTokenSeconds = Number(q.get('access')) || settings.accessTokenSeconds;
      settings.refreshTokenSeconds = Number(q.get('refresh')) || settings.refreshTokenSeconds;
      settings.sessionSeconds = Number(q.get('session')) || settings.sessionSeconds;
      return [200, { access: settings.accessTokenSeconds, refresh: settings.refreshTokenSeconds, session: settings.sessionSeconds }];
    case '/bench/issued':
      return [200, issued()];
    case '/bench/seen':
      return [200, Object.fromEntries(seen)];
    case '/bench/down':
      down = q.get('on') !== '0';
      return [200, { down }];
    case '/bench/auto':
      settings.autoApprove = q.get('on') !== '0';
      if (people[id]) settings.defaultPerson = id;
      return [200, { autoApprove: settings.autoApprove, person: settings.defaultPerson }];
    case '/bench/expire-tokens': {
      const models = q.get('all') === '1' ? ['AccessToken', 'RefreshToken', 'Session'] : ['AccessToken'];
      return [200, { expired: expire(models, id) }];
    }
    default:
      return [404, { error: 'unknown bench request' }];
  }
}

async function answer(req, res) {
  const url = new URL(req.url, issuer);
  if (url.pathname.startsWith('/bench/')) {
    const [status, body] = await bench(url);
    res.writeHead(status, { 'content-type': 'application/json' });
    return res.end(JSON.stringify(body));
  }
  seen.set(url.pathname, (seen.get(url.pathname) ?? 0) + 1);
  if (down) {
    res.writeHead(503, { 'content-type': 'text/plain' });
    return res.end('out of service');
  }
  lendCookies(req, url.pathname);
  const step = /^\/interaction\/([\w-]+)$/.exec(url.pathname);
  if (step) return interaction(req, res, step[1]);
  if (url.pathname === '/auth') rememberCookies(res);
  return answerWithProvider(req, res);
}

function serve(req, res) {
  answer(req, res).catch((error) => {
    console.error(error);
    if (!res.headersSent) res.statusCode = error.statusCode ?? 500;
    res.end(JSON.stringify({ error: error.name }));
  });
}

const doors = [[http.createServer(serve), port]];
const open = ([server, at]) => server.listening || server.listen(at, '127.0.0.1', () => console.log(`listening on ${at}`));

// The authorities are made while this starts: the last of their files is the sign that all are there.
const certificates = setInterval(() => {
  if (!fs.existsSync(`${tlsFolder}/ready`)) return;
  clearInterval(certificates);
  const [cert, key, ca] = ['local.crt', 'local.key', 'chain.crt'].map((name) => fs.readFileSync(`${tlsFolder}/${name}`));
  const door = [https.createServer({ cert, key, ca, requestCert: true, rejectUnauthorized: false }, serve), tlsPort];
  doors.push(door);
  open(door);
}, 20);

// The operator goes away and comes back: the doors close, what is known stays.
process.on('SIGUSR2', () => {
  for (const [server] of doors) {
    server.close();
    server.closeAllConnections();
  }
});
process.on('SIGHUP', () => doors.forEach(open));
// With its door closed the process would have nothing to wait for, and end.
setInterval(() => {}, 60_000);
doors.forEach(open);
