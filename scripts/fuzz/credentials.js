import { owner } from './server.js';

/**
 * A credential of the owner for each scheme of a surface that the tool uses, and a request that they open: it is sent, as the tool
 * takes 401 for an answer like any other. Throws where it opens nothing. For `/v1` the tool signs in itself.
 */
export async function credentialsOf({ url, applicationKey }, surface) {
  const session = (await asked(`${url}/v1/sessions`, owner)).access_token;
  const { key } = await asked(`${url}/v1/keys`, { name: 'fuzz' }, { Authorization: `Bearer ${session}` });
  const application = { place: 'X-API-KEY', value: applicationKey };
  const bearer = (value) => ({ place: 'Authorization', value: `Bearer ${value}`, bearer: value });
  const known = {
    latchkey: async () => ({ opens: '/v1/me', schemes: { bearer: bearer(session) } }),
    mage: async () => {
      const { session: made } = await asked(`${url}/api/sessions`, { session: owner }, { 'X-API-KEY': applicationKey });
      const { token } = JSON.parse(Buffer.from(made.token.split('.')[1], 'base64url').toString());
      return {
        opens: '/api/pipelines?_http_error_codes=1',
        schemes: { applicationKey: application, oauthToken: { place: 'OAUTH-TOKEN', value: token } },
      };
    },
    magpipe: async () => ({ opens: '/v1/me', schemes: { bearer: bearer(key) } }),
    magpipe_auth: async () => ({
      opens: '/auth/v1/user',
      schemes: { apikey: { place: 'apikey', value: applicationKey }, bearer: bearer(session) },
    }),
    maiagent: async () => ({
      opens: '/api/v1/users/current/',
      schemes: { apiKey: { place: 'Authorization', value: `Api-Key ${key}` } },
    }),
    mystic: async () => ({
      opens: '/v4/pipelines',
      schemes: { HTTPBearer: bearer(key), SessionBearer: bearer(session) },
      proof: ['HTTPBearer'],
    }),
    mystic_v3: async () => ({ opens: '/v3/pipelines', schemes: { HTTPBearer: bearer(key) } }),
  };
  const { opens, schemes, proof = Object.keys(schemes) } = await known[surface]();
  const headers = Object.fromEntries(proof.map((name) => [schemes[name].place, schemes[name].value]));
  const { status } = await fetch(url + opens, { headers });
  if (status !== 200) throw new Error(`${surface}: ${opens} answered ${status} to the credentials of the owner`);
  return schemes;
}

/** The settings of Schemathesis for a surface, as TOML. At `/v1` the session is made anew when the tool has ended its own. */
export function settingsOf(surface, schemes, declared) {
  const lines = [
    'continue-on-failure = true',
    // How long it takes to make values up says nothing of the server.
    'suppress-health-check = ["all"]',
    '[cache]',
    'enabled = false',
    // A credential that is made up beside the owner's is another one, which is refused whatever else is sent.
    '[generation]',
    'with-security-parameters = false',
  ];
  if (surface === 'latchkey') {
    lines.push('[auth.dynamic.openapi.bearer]', 'path = "/sessions"', `payload = ${inline(owner)}`);
    lines.push('extract_selector = "/access_token"');
    return [...lines, ''].join('\n');
  }
  // Its contract says that it always answers so: there is no registry.
  if (surface === 'mystic')
    lines.push(
      '[[operations]]',
      'include-operation-id = "startUpload"',
      'checks.not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", "503"]',
    );
  for (const [name, { value, bearer }] of Object.entries(schemes)) {
    if (!declared[name])
      throw new Error(`${surface} has no scheme ${name}; it has ${Object.keys(declared).join(', ')}`);
    const setting = declared[name].scheme === 'bearer' ? { bearer } : { api_key: value };
    lines.push(
      `[auth.openapi.${name}]`,
      ...Object.entries(setting).map(([is, text]) => `${is} = ${JSON.stringify(text)}`),
    );
  }
  return [...lines, ''].join('\n');
}

const inline = (values) =>
  `{ ${Object.entries(values)
    .map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
    .join(', ')} }`;

async function asked(url, body, headers = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return response.json();
}
