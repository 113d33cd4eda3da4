"""Who am I, pipelines page by page, a file attached, and one in a knowledge base; then all of it deleted again."""

import io
import os
import sys
import uuid

api_key = os.environ.get('LATCHKEY_API_KEY')
if not api_key:
    print('set LATCHKEY_API_KEY: npx latchkey keys create NAME prints one', file=sys.stderr)
    sys.exit(2)
base = os.environ.get('LATCHKEY_URL', 'http://localhost:6789') + '/api/v1'
headers = {'Authorization': f'Api-Key {api_key}'}

try:
    import requests
except ImportError:
    print('needs requests: python3 -m pip install requests', file=sys.stderr)
    sys.exit(2)

# What goes wrong is one line, not a stack.
sys.excepthook = lambda kind, error, trace: print(f'{kind.__name__}: {error}', file=sys.stderr)
made = []


def call(method, path, **more):
    url = path if path.startswith('http') else base + path
    response = requests.request(method, url, headers=headers, timeout=10, **more)
    if not response.ok:
        sys.exit(f'{method} {path}: {response.status_code} {response.text}')
    return response.json() if response.content else None


def create(path, **more):
    record = call('POST', path, **more)
    made.append(f"{path.replace('attachments-upload', 'attachments')}{record['id']}/")
    return record


me = call('GET', '/users/current/')
print('I am', me['name'], 'with the roles', ', '.join(me['permissions']))

for number in range(3):
    create('/pipelines/', json={'name': f'quickstart {uuid.uuid4().hex[:8]} {number}', 'tags': ['quickstart']})
url, seen = base + '/pipelines/?pageSize=2', []
while url:
    page = call('GET', url)
    seen += page['results']
    url = page['next']
print('pipelines, two on a page:', len(seen) == page['count'])

attachment = create('/attachments-upload/', files={'file': ('hello.txt', io.BytesIO(b'Hello, world'))})
print('attached', attachment['filename'], '->', requests.get(attachment['file'], timeout=10).text)

content = b'question,answer\nWhere?,Here\n'
wish = {'filename': 'faq.csv', 'modelName': 'chatbot-file', 'fieldName': 'file', 'fileSize': len(content)}
upload = call('POST', '/upload-presigned-url/', json=wish)
sent = requests.post(upload['url'], data=upload['fields'], files={'file': ('faq.csv', content)}, timeout=10)
print('uploaded:', sent.status_code)

models = {'embeddingModel': str(uuid.uuid4()), 'rerankerModel': str(uuid.uuid4())}
knowledge_base = create('/knowledge-bases/', json={'name': f'quickstart {uuid.uuid4().hex[:8]}', **models})
files = f"/knowledge-bases/{knowledge_base['id']}/files/"
registered = call('POST', files, json={'files': [{'file': upload['fields']['key'], 'filename': 'faq.csv'}]})
print('registered', [each['filename'] for each in registered['results']])

wrong = requests.post(base + files, headers=headers, json={'files': [{'filename': 'no file'}]}, timeout=10)
print('without a file:', wrong.status_code, wrong.json())

for path in reversed(made):
    call('DELETE', path)
print('deleted all of it')
