"""Sign in to the Mage surface, list the pipelines, print them."""

import os
import sys


def needed(name, source):
    """A variable that has no default."""
    if value := os.environ.get(name):
        return value
    print(f'set {name}: {source}', file=sys.stderr)
    sys.exit(2)


base_url = os.environ.get('LATCHKEY_URL', 'http://localhost:6789')
EMAIL = os.environ.get('LATCHKEY_OWNER_EMAIL', 'owner@localhost')
PASSWORD = needed('LATCHKEY_OWNER_PASSWORD', 'you choose it by the link of npm start; npm run reset-password sets another')
API_KEY = needed('LATCHKEY_APPLICATION_KEY', 'npm start wrote it to .latchkey/env: source .latchkey/env')

try:
    import requests
except ImportError:
    print('needs requests: python3 -m pip install requests', file=sys.stderr)
    sys.exit(2)

# What goes wrong is one line, not a stack.
sys.excepthook = lambda kind, error, trace: print(f'{kind.__name__}: {error}', file=sys.stderr)

# Initialize Session

headers = {
    "Content-Type": "application/json",
    "X-API-KEY": API_KEY,
}

json_data = {
    "session": {
        "email": EMAIL,
        "password": PASSWORD,
    }
}


def checked(response):
    """Most errors of this API are HTTP 200 with the key `error`; any is the end of this program."""
    answer = response.json()
    if 'error' in answer:
        raise SystemExit(f"{response.request.method} {response.url}: {answer['error']}")
    return answer


s = requests.Session()
s.headers = headers
sessions_url = base_url + "/api/sessions"

r = s.post(url=sessions_url, json=json_data)
mage_session = checked(r).get('session')

# Authenticate Session

token = mage_session.get('token')
s.headers['Cookie'] = f'oauth_token={token}'

# Get Pipelines

pipelines_url = base_url + '/api/pipelines'
r = s.get(pipelines_url)
list_pipelines = checked(r)

print(list_pipelines)
