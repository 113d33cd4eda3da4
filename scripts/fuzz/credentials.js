import { owner } from './server.js';

/**
 * The settings of Schemathesis for a surface, as TOML: the owner's credential for each scheme of its contract. At `/v1` they are made
 * anew when the tool has ended its own session.
 */
export async function signIn({ url, applicationKey }, surface, schemes) {
  const lines = ['continue-on-failure = true', '[cache]', 'enabled = false'];
  if (surface === 'latchkey') {
    lines.push('[auth.dynamic.openapi.bearer]', 'path = "/sessions"', `payload = ${inline(owner)}`);
    return [...lines, 'extract_selector = "/access_token"', ''].join('\n');
  }
  const session = (await asked(`${url}/v1/sessions`, owner)).access_token;
  const { key } = await asked(`${url}/v1/keys`, { name: 'fuzz' }, { Authorization: `Bearer ${session}` });
  const mage = await asked(`${url}/api/sessions`, { session: owner }, { 'X-API-KEY': applicationKey });
  const bearer = surface === 'magpipe_auth' ? session : key;
  const values = {
    Authorization: `Api-Key ${key}`,
    'OAUTH-TOKEN': mage.session.token_decoded ?? mage.session.token,
    oauth_token: mage.session.token,
    'access-token': key,
    'X-API-KEY': applicationKey,
    api_key: applicationKey,
    apikey: applicationKey,
  };
  for (const [name, { scheme, name: place }] of Object.entries(schemes)) {
    const value = scheme === 'bearer' ? { bearer } : values[place] && { api_key: values[place] };
    if (value)
      lines.push(
        `[auth.openapi.${name}]`,
        ...Object.entries(value).map(([is, text]) => `${is} = ${JSON.stringify(text)}`),
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
