// Drives identity with openid-client, unmodified, as an application's author would.
// Reads { issuer, person, app, machine, keyed } from standard input; prints what happened as JSON.
import * as oidc from "openid-client";
import { text } from "node:stream/consumers";

const told = JSON.parse(await text(process.stdin));
const insecure = { execute: [oidc.allowInsecureRequests] }; // http on loopback
const happened = {};

// A browser reduced to its cookies and the one form.
async function signIn(address) {
  const jar = new Map();
  const open = async (url, options = {}) => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(url, { redirect: "manual", ...options, headers: { cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      jar.set(name, value);
    }
    const location = answer.headers.get("location");
    return { page: await answer.text(), to: location && new URL(location, url) };
  };
  const page = (await open(address)).to;
  const form = /name="form" value="([^"]+)"/.exec((await open(page)).page)[1];
  const { accountName, password } = told.person;
  const body = new URLSearchParams({ form, account_name: accountName, password });
  const signedIn = await open(page, { method: "POST", body });
  return (await open(signedIn.to)).to;
}

async function refused(attempt) {
  try {
    await attempt();
    return "not refused";
  } catch (error) {
    return error.error ?? error.status ?? error.message;
  }
}

const app = await oidc.discovery(new URL(told.issuer), told.app, undefined, oidc.None(), insecure);
const verifier = oidc.randomPKCECodeVerifier();
const state = oidc.randomState();
const nonce = oidc.randomNonce();
const address = oidc.buildAuthorizationUrl(app, {
  redirect_uri: "http://127.0.0.1:9/callback",
  scope: "openid profile email",
  code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
  nonce,
});
const back = await signIn(address);
const expected = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
const tokens = await oidc.authorizationCodeGrant(app, back, expected);
happened.subject = tokens.claims().sub;
happened.userInfo = await oidc.fetchUserInfo(app, tokens.access_token, tokens.claims().sub);

const other = await oidc.discovery(new URL(told.issuer), told.otherApp, undefined, oidc.None(), insecure);
happened.refreshByAnother = await refused(() => oidc.refreshTokenGrant(other, tokens.refresh_token));
const refreshed = await oidc.refreshTokenGrant(app, tokens.refresh_token);
happened.rotated = refreshed.refresh_token !== tokens.refresh_token;
happened.codeAgain = await refused(() => oidc.authorizationCodeGrant(app, back, expected));
happened.refreshAfterReplay = await refused(() => oidc.refreshTokenGrant(app, refreshed.refresh_token));
await oidc.tokenRevocation(app, refreshed.refresh_token);
const plain = new URL(oidc.buildAuthorizationUrl(app, { redirect_uri: "http://127.0.0.1:9/callback", scope: "openid", state }));
const turnedBack = (await fetch(plain, { redirect: "manual" })).headers.get("location");
happened.withoutChallenge = new URL(turnedBack).searchParams.get("error");

const machine = await oidc.discovery(
  new URL(told.issuer), told.machine.id, undefined, oidc.ClientSecretBasic(told.machine.secret), insecure,
);
happened.machine = (await oidc.clientCredentialsGrant(machine, { scope: "procedures:cases:read" })).scope;
const wrong = await oidc.discovery(new URL(told.issuer), told.machine.id, undefined, oidc.ClientSecretBasic("x"), insecure);
happened.wrongSecret = await refused(() => oidc.clientCredentialsGrant(wrong));

const key = await crypto.subtle.importKey(
  "jwk", told.keyed.jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"],
);
const keyed = await oidc.discovery(
  new URL(told.issuer), told.keyed.id, undefined, oidc.PrivateKeyJwt({ key, kid: told.keyed.jwk.kid }), insecure,
);
happened.keyed = (await oidc.clientCredentialsGrant(keyed, {})).scope;
happened.tooMuch = await refused(() => oidc.clientCredentialsGrant(keyed, { scope: "identity:agencies:write" }));

console.log(JSON.stringify(happened));
