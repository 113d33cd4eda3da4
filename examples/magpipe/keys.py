"""Signs in, generates an API key, uses it, revokes it, and sees 401."""

import os
import sys


def needed(name, source):
    """A variable that has no default."""
    if value := os.environ.get(name):
        return value
    print(f'set {name}: {source}', file=sys.stderr)
    sys.exit(2)


url = os.environ.get('LATCHKEY_URL', 'http://localhost:6789')
email = os.environ.get('LATCHKEY_OWNER_EMAIL', 'owner@localhost')
password = needed('LATCHKEY_OWNER_PASSWORD', 'you choose it by the link of npm start; npm run reset-password sets another')
apikey = needed('LATCHKEY_APPLICATION_KEY', 'npm start wrote it to .latchkey/env: source .latchkey/env')

try:
    import requests
except ImportError:
    print('needs requests: python3 -m pip install requests', file=sys.stderr)
    sys.exit(2)

# What goes wrong is one line, not a stack.
sys.excepthook = lambda kind, error, trace: print(f'{kind.__name__}: {error}', file=sys.stderr)


def manage(token, **body):
    return requests.post(
        f'{url}/functions/v1/manage-api-keys',
        headers={'Authorization': f'Bearer {token}'},
        json=body,
        timeout=10,
    )


def answered(response):
    if not response.ok:
        raise SystemExit(f'{response.status_code}: {response.text}')
    return response.json()


session = answered(
    requests.post(
        f'{url}/auth/v1/token',
        params={'grant_type': 'password'},
        headers={'apikey': apikey},
        json={'email': email, 'password': password},
        timeout=10,
    )
)
print('signed in as', session['user']['email'])

made = answered(manage(session['access_token'], action='generate', name='keys.py'))
print('generated', made['key_prefix'] + '...')

keys = answered(manage(made['key'], action='list'))['keys']
print('used it at', next(key['last_used_at'] for key in keys if key['id'] == made['id']))

print(answered(manage(made['key'], action='revoke', key_id=made['id'])))
status = manage(made['key'], action='list').status_code
print('after it was revoked:', status)
sys.exit(0 if status == 401 else 1)
