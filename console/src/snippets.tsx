import { useRef, useState } from 'preact/hooks';
import { copy } from './copy.ts';
import { Tabs } from './tabs.tsx';

/** How a key is used from here and there, with this server's address; each runs as it stands. */
const snippets: Record<string, (url: string, key: string) => string> = {
  curl: (url, key) => `export LATCHKEY_API_KEY=${key}
curl ${url}/v1/me \\
  -H "Authorization: Bearer $LATCHKEY_API_KEY"`,
  Python: (url, key) => `import json, urllib.request

headers = {"Authorization": "Bearer ${key}"}
request = urllib.request.Request("${url}/v1/me", headers=headers)
print(json.load(urllib.request.urlopen(request)))`,
  TypeScript: (url, key) => `const headers = { Authorization: 'Bearer ${key}' };
const response = await fetch('${url}/v1/me', { headers });
console.log(await response.json());`,
  'pipeline CLI': (url, key) => `python3 -m pip install pipeline-ai==2.6.0 'setuptools<81'
pipeline cluster login mystic-api ${key} -u ${url} -a
pipeline get pipelines`,
  Mage: (url, key) => `curl ${url}/api/pipelines \\
  -H "X-API-KEY: ${key}"`,
  MaiAgent: (url, key) => `curl ${url}/api/v1/pipelines/ \\
  -H "Authorization: Api-Key ${key}"`,
  'supabase-js': (url, key) => `import { createClient } from '@supabase/supabase-js';

const { functions } = createClient('${url}', '${key}');
const { data, error } = await functions.invoke('manage-api-keys', { body: { action: 'list' } });
console.log(error ?? data);`,
  nginx: (url, key) => `# curl http://localhost/ -H "Authorization: Bearer ${key}"
location = /latchkey {
  internal;
  proxy_pass ${url}/v1/forward-auth;
  proxy_pass_request_body off;
  proxy_set_header Content-Length "";
}
location / {
  auth_request /latchkey;
  proxy_pass http://127.0.0.1:8080;
}`,
};
const names = Object.keys(snippets);

/** The snippets as tabs; arrows go from one to the next. */
export function Snippets({ apiKey = 'YOUR_KEY', first }: { apiKey?: string; first: string | null }) {
  const [chosen, choose] = useState(first !== null && names.includes(first) ? first : 'curl');
  const [said, setSaid] = useState('');
  const shown = useRef<HTMLPreElement>(null);
  const text = snippets[chosen]?.(location.origin, apiKey) ?? '';
  const select = (name: string) => {
    choose(name);
    setSaid('');
  };
  return (
    <div class="snippets">
      <Tabs label="Use it from" names={names} chosen={chosen} onChoose={select}>
        <div class="snippet">
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard */}
          <pre ref={shown} tabIndex={0}>
            {text}
          </pre>
          <button
            type="button"
            class="btn small"
            onClick={async () =>
              setSaid((await copy(text, shown.current)) ? 'In the clipboard' : 'Select it, and copy')
            }
          >
            To clipboard
          </button>
          <span class="muted small" role="status">
            {said}
          </span>
        </div>
      </Tabs>
    </div>
  );
}
