// An OpenID provider in the manner of Pro Santé Connect: code flow with PKCE, CIBA by polling, introspection for the mail servers.
// Its clients: an intermediary, by secret or by certificate, as the real one has; and a public one, to do without.
import Provider, { errors } from 'oidc-provider';
import { Storage, expireOne, noteIssued, secondsLeft } from './storage.mjs';
import * as logins from './logins.mjs';

const SCOPE = 'openid scope_all';
const PERSONAL = [
  'SubjectNameID', 'SubjectRole', 'SubjectOrganization', 'SubjectOrganizationID', 'SubjectRefPro', 'Secteur_Activite',
  'Palier_Authentification', 'preferred_username', 'given_name', 'family_name',
];

/** What the bench may change while running. */
export const settings = {
  accessTokenSeconds: 120, refreshTokenSeconds: 1800, sessionSeconds: 4 * 3600, autoApprove: false, defaultPerson: undefined,
};

/** Dovecot compares one claim with one box: each box of a person has a claim of its own. */
function boxClaims(people, accountId) {
  // The bench's own identities open exactly one box, whoever owns it.
  const boxes = accountId?.startsWith('bench:') ? [accountId.slice('bench:'.length)] : people[accountId]?.mailboxes ?? [];
  // Where a claim is missing, Dovecot speaks of a passing failure instead of refusing: say that there is no box.
  const [mailbox = 'none', mailbox2 = 'none', mailbox3 = 'none'] = boxes;
  return { mailbox, mailbox2, mailbox3 };
}

/** Seconds until the session that this token belongs to ends: counted from when the person was authenticated. */
function sessionLeft(ctx, token) {
  const known = ctx?.oidc?.entities ?? {};
  const source = [token, known.RefreshToken, known.AuthorizationCode, known.BackchannelAuthenticationRequest];
  const began = source.find((one) => one?.authTime)?.authTime;
  return began ? began + settings.sessionSeconds - Math.floor(Date.now() / 1000) : settings.sessionSeconds;
}

/** No token outlives its session, as at Keycloak; and no life is nothing, which the library would not take. */
const within = (ctx, token, seconds) => Math.max(1, Math.min(seconds, sessionLeft(ctx, token)));

/** `mtls` is where clients that show a certificate are served (RFC 8705 §5). */
export function createProvider(issuer, people, mtls) {
  const grantFor = async (accountId, clientId) => {
    const grant = new provider.Grant({ accountId, clientId });
    grant.addOIDCScope(SCOPE);
    grant.addOIDCClaims(['acr', ...PERSONAL]);
    await grant.save();
    return grant;
  };

  // What every client by which persons log in may do.
  const person = {
    grant_types: ['authorization_code', 'refresh_token', 'urn:openid:params:grant-type:ciba'], response_types: ['code'],
    backchannel_token_delivery_mode: 'poll', require_auth_time: true,
  };
  const aliases = ['token', 'revocation', 'userinfo', 'backchannel_authentication'];
  const paths = { token: 'token', revocation: 'token/revocation', userinfo: 'me', backchannel_authentication: 'backchannel' };

  const provider = new Provider(issuer, {
    adapter: Storage,
    clients: [
      {
        ...person, client_id: 'pli-local', application_type: 'native', token_endpoint_auth_method: 'none',
        redirect_uris: ['http://127.0.0.1/retour'], post_logout_redirect_uris: ['http://127.0.0.1/retour'],
      },
      {
        ...person, client_id: 'pli-relay', client_secret: 'pli-relay-secret', token_endpoint_auth_method: 'client_secret_post',
        redirect_uris: ['https://localhost/callback'],
      },
      {
        ...person, client_id: 'pli-relay-mtls', token_endpoint_auth_method: 'tls_client_auth',
        tls_client_auth_san_dns: 'relay.pli.test', redirect_uris: ['https://localhost/callback'],
      },
      {
        // An intermediary on plain loopback, any port: its own tests, several of them at once.
        client_id: 'pli-relay-loopback', client_secret: 'pli-relay-secret', application_type: 'native',
        token_endpoint_auth_method: 'client_secret_post', response_types: ['code'],
        grant_types: ['authorization_code', 'refresh_token', 'urn:openid:params:grant-type:ciba'],
        redirect_uris: ['http://127.0.0.1/callback'], backchannel_token_delivery_mode: 'poll',
      },
      {
        client_id: 'operator', client_secret: 'operator-secret', grant_types: [], response_types: [], redirect_uris: [],
        token_endpoint_auth_method: 'client_secret_basic',
      },
    ],
    acrValues: ['eidas1', 'eidas2'],
    scopes: ['openid', 'offline_access', 'scope_all'],
    claims: { openid: ['sub'], acr: null, scope_all: PERSONAL },
    conformIdTokenClaims: true,
    pkce: { required: () => true },
    extraParams: ['channel'],
    ttl: {
      AccessToken: (ctx, token) => token.expiresIn || within(ctx, token, settings.accessTokenSeconds),
      AuthorizationCode: 60, BackchannelAuthenticationRequest: 120, Grant: 4 * 3600, IdToken: 300, Interaction: 600,
      RefreshToken: (ctx, token) => within(ctx, token, settings.refreshTokenSeconds),
      Session: () => settings.sessionSeconds,
    },
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post', 'tls_client_auth'],
    discovery: {
      mtls_endpoint_aliases: Object.fromEntries(aliases.map((name) => [`${name}_endpoint`, `${mtls}/${paths[name]}`])),
    },
    extraTokenClaims: (ctx, token) => boxClaims(people, token.accountId),
    issueRefreshToken: async (ctx, client) => client.grantTypeAllowed('refresh_token'),
    findAccount: (ctx, id) => {
      if (id.startsWith('bench:')) return { accountId: id, claims: async () => ({ sub: id }) };
      const person = people[id];
      return person && { accountId: id, claims: async () => ({ sub: `f:pli:${id}`, ...person.claims }) };
    },
    interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
    loadExistingGrant: async (ctx) => grantFor(ctx.oidc.session.accountId, ctx.oidc.client.clientId),
    features: {
      devInteractions: { enabled: false },
      introspection: {
        enabled: true,
        allowedPolicy: (ctx, client, token) => client.clientId === 'operator' || token.clientId === client.clientId,
      },
      revocation: { enabled: true },
      mTLS: {
        enabled: true, tlsClientAuth: true,
        getCertificate: (ctx) => {
          const certificate = ctx.req.socket.getPeerX509Certificate?.();
          return certificate && certificate.toString();
        },
        certificateAuthorized: (ctx) => ctx.req.socket.authorized === true,
        certificateSubjectMatches: (ctx, property, expected) => property === 'tls_client_auth_san_dns'
          && (ctx.req.socket.getPeerX509Certificate()?.subjectAltName ?? '').split(', ').includes(`DNS:${expected}`),
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: async (ctx, form) => {
          ctx.body = `<!doctype html><html lang="fr"><meta charset="utf-8"><title>Déconnexion</title><body onload="document.forms[0].submit()">`
            + `${form.replace('</form>', '<input type="hidden" name="logout" value="yes"><button>Se déconnecter</button></form>')}`;
        },
      },
      ciba: {
        enabled: true, deliveryModes: ['poll'],
        processLoginHint: async (ctx, hint) => (people[hint] ? hint : undefined),
        processLoginHintToken: async () => undefined,
        validateBindingMessage: async () => {},
        validateRequestContext: async () => {},
        verifyUserCode: async () => {},
        triggerAuthenticationDevice: async (ctx, request, account, client) => {
          const login = logins.begin(request.jti, {
            kind: 'ciba', person: account.accountId, client: client.clientId, binding: request.params.binding_message,
          });
          if (settings.autoApprove) setImmediate(() => settle(login, { outcome: 'approved', person: account.accountId }));
        },
      },
    },
    cookies: { keys: ['pli-bench'] },
  });

  // An intermediary is at whatever port its test gave it.
  const allowed = provider.Client.prototype.redirectUriAllowed;
  provider.Client.prototype.redirectUriAllowed = function redirectUriAllowed(address) {
    if (!this.clientId.startsWith('pli-relay')) return allowed.call(this, address);
    return /^(https:\/\/localhost|https?:\/\/127\.0\.0\.1):\d+\/callback$/.test(address);
  };

  // The answers as Keycloak gives them, and the list of every secret that ever left.
  provider.use(async (ctx, next) => {
    await next();
    const { body } = ctx;
    if (typeof body?.refresh_token === 'string') body.refresh_expires_in = secondsLeft('RefreshToken', body.refresh_token);
    for (const name of ['access_token', 'refresh_token', 'id_token', 'auth_req_id']) noteIssued(body?.[name]);
    const back = ctx.response.get('location');
    if (back) noteIssued(new URL(back, issuer).searchParams.get('code'));
  });

  /** Answers a waiting login; the phone's is passed on at once, the browser's when it next asks. */
  async function settle(login, decision) {
    logins.decide(login, decision);
    if (login.kind !== 'ciba') return;
    logins.end(login.id);
    if (decision.outcome === 'expired') return expireOne('BackchannelAuthenticationRequest', login.id);
    const result = decision.outcome === 'approved'
      ? await grantFor(decision.person, login.client)
      : new errors.AccessDenied('the person refused');
    await provider.backchannelResult(login.id, result, { acr: 'eidas1', amr: ['mobile'], authTime: Math.floor(Date.now() / 1000) });
  }

  /** An access token as after a login of this account, without one. */
  async function accessToken(accountId, seconds) {
    const client = await provider.Client.find('pli-local');
    const grant = await grantFor(accountId, client.clientId);
    const token = new provider.AccessToken({
      accountId, client, scope: SCOPE, grantId: grant.jti, gty: 'authorization_code',
      expiresIn: seconds || settings.accessTokenSeconds,
      extra: boxClaims(people, accountId),
    });
    const value = await token.save();
    noteIssued(value);
    return value;
  }

  provider.on('server_error', (ctx, error) => console.error(error));
  return { provider, settle, accessToken };
}
