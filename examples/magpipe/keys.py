"""Signs in, generates an API key, uses it, revokes it, and sees 401."""

import os
import sys

import requests


def needed(name):
    """A variable that has no default."""
    return os.environ.get(name) or sys.exit(f'set {name}: see README.md beside this file')


url = os.environ.get('MAGPIPE_URL', 'http://localhost:6789')
email = os.environ.get('MAGPIPE_EMAIL', 'owner@localhost')
password = needed('MAGPIPE_PASSWORD')
apikey = needed('MAGPIPE_APIKEY')


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
