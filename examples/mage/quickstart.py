"""Sign in to the Mage surface, list the pipelines, print them."""

import os
import sys

import requests


def needed(name):
    """A variable that has no default."""
    return os.environ.get(name) or sys.exit(f'set {name}: see README.md beside this file')


base_url = os.environ.get('MAGE_URL', 'http://localhost:6789')
EMAIL = os.environ.get('MAGE_EMAIL', 'owner@localhost')
PASSWORD = needed('MAGE_PASSWORD')
API_KEY = needed('MAGE_API_KEY')

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
