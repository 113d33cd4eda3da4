"""What the vendor's example programs do with MaiAgent, restated: chat, stream, upload and ask, FAQs, contacts, batches; and a bot that
answers people of another network, as those for LINE do, by webhook. The one argument is the base, as https://…/api/v1 or https://…/api.
"""

import json
import os
import queue
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

base = sys.argv[1]
headers = {'Authorization': f"Api-Key {os.environ['LATCHKEY_API_KEY']}"}
fare = 'The fare from Taipei to Taichung costs 700.'


def call(method, path, expected=None, **more):
    """One request, as those programs send it: redirects are refused, and what was expected is exactly that."""
    url = path if path.startswith('http') else f'{base}/{path}'
    response = requests.request(method, url, headers=headers, timeout=60, allow_redirects=False, **more)
    wanted = expected or (201 if method == 'POST' else 200)
    assert response.status_code == wanted, f'{method} {path}: {response.status_code} {response.text}'
    return response.json() if response.content else None


def every(path):
    """All of a list, as the helper of the vendor's examples follows it."""
    found, url = [], path
    while url:
        page = call('GET', url)
        found += page['results']
        url = page['next']
    return found


def until(what, found, seconds=40):
    """Asks again until there is something, as the programs that poll do."""
    for _ in range(seconds * 4):
        value = found()
        if value:
            return value
        time.sleep(0.25)
    raise AssertionError(f'{what} did not come within {seconds} s')


def completion(chatbot, content, slash='/', **more):
    answer = call('POST', f'chatbots/{chatbot}/completions{slash}', 200, json={'message': {'content': content, 'attachments': []}, 'is_streaming': False, **more})
    assert isinstance(answer['content'], str) and answer['content'] and answer['done'] is True
    return answer


# assistants/create_assistant.py, update_assistant.py
models = call('GET', 'large-language-models/')
model = next(one for one in models if one['isDefault'])
made = call('POST', 'chatbots/', json={'name': f'Guide {uuid.uuid4().hex[:6]}', 'model': model['id'], 'rag': '66261b7a-bd3f-4214-9c48-364c2e122b0f', 'instructions': 'Be brief.'})
bot = made['id']
assert call('PATCH', f'chatbots/{bot}/', json={'instructions': 'Be kind.'})['instructions'] == 'Be kind.'
listed = every('chatbots/?pageSize=100')
assert any(one['id'] == bot and one['largeLanguageModel']['name'] for one in listed)
print('assistants: made, changed, listed')

# messages/chatbot_completion.py: whole, with a conversation that goes on, with and without the last slash
first = completion(bot, 'hello', conversation=None)
second = completion(bot, 'and again', '', conversation=first['conversationId'])
assert second['conversationId'] == first['conversationId']
assert completion(bot, 'n8n sends an empty text', conversation='')['conversationId'] != first['conversationId']
print('chat: whole answers, one conversation goes on')

# the same, streamed: as the helper reads it, and as the C# one does
body = {'conversation': None, 'message': {'content': 'a stream of words, please'}, 'isStreaming': True}
with requests.post(f'{base}/chatbots/{bot}/completions/', headers=headers, json=body, stream=True, timeout=60) as response:
    assert response.headers['content-type'].startswith('text/event-stream'), response.text
    events = [json.loads(line[6:]) for line in response.iter_lines(decode_unicode=True) if line.startswith('data: ')]
assert [event['done'] for event in events] == [False] * (len(events) - 1) + [True]
assert len({event['conversationId'] for event in events}) == 1 and events[-1]['content'] == ''
streamed = ''.join(event['content'] for event in events if event['done'] is False)
assert 'a stream of words, please' in streamed
newest = call('GET', f"messages/?conversation={events[0]['conversationId']}&pageSize=1")['results'][0]
assert newest['type'] == 'outgoing' and newest['content'] == streamed
print(f'stream: {len(events)} events, and the answer is kept')

# knowledges/: a knowledge base, a file in three steps, and a question that it answers
knowledge = call('POST', 'knowledge-bases/', json={'name': 'Fares', 'chatbots': [{'id': bot}]})['id']


def upload(name, content):
    wish = {'filename': name, 'modelName': 'chatbot-file', 'fieldName': 'file', 'fileSize': len(content)}
    prepared = call('POST', 'upload-presigned-url/', 200, json=wish)
    sent = requests.post(prepared['url'], data=prepared['fields'], files={'file': (name, content)}, timeout=60)
    assert sent.status_code == 204, sent.text
    return {'file': prepared['fields']['key'], 'filename': name}


files = call('POST', f'knowledge-bases/{knowledge}/files/', json={'files': [upload('fares.md', f'# Fares\n\n{fare}\n'.encode())]})['results']
call('PATCH', f'chatbots/{bot}/', json={'knowledgeBases': [{'id': knowledge}]})
states = lambda: {one['status'] for one in every(f'knowledge-bases/{knowledge}/files/')}
until('the reading of a file', lambda: states() == {'done'})
found = call('POST', f'knowledge-bases/{knowledge}/search/', 200, json={'query': 'fare Taichung'})
assert isinstance(found, list) and 'Taichung' in found[0]['text'] and found[0]['score'] > 0
asked = completion(bot, 'How much is the fare to Taichung?')
assert 'Taichung costs 700' in asked['content'], asked
assert [one['filename'] for one in asked['citations']] == ['fares.md']
assert 'Taichung' in asked['citationNodes'][0]['chatbotTextNode']['text']
print('upload and ask: read, found, cited')

# an attachment beside a question
sent = requests.post(f'{base}/attachments-upload/', headers=headers, files={'file': ('note.txt', b'The shop opens at nine.')}, timeout=60).json()
assert 'opens at nine' in completion(bot, 'what does it say?', message={'content': 'what does it say?', 'attachments': [sent]})['content']
print('an attachment is read')

# faqs/add_faq.py
faq = call('POST', 'faqs/', json={'chatbot': bot, 'question': 'When does it open?', 'answer': 'It opens at nine.'})
assert 'opens at nine' in completion(bot, 'When does it open?')['content']
assert [one['id'] for one in every(f'faqs/?chatbot={bot}')] == [faq['id']]
call('PATCH', f"faqs/{faq['id']}/", json={'answer': 'It opens at ten.'})
call('DELETE', f"faqs/{faq['id']}/", 204)
print('FAQs: made, asked, changed, deleted')

# utils: the FAQs of a knowledge base
other = call('POST', f'knowledge-bases/{knowledge}/faqs/', json={'question': 'q', 'answer': 'a', 'labels': []})
call('PUT', f"knowledge-bases/{knowledge}/faqs/{other['id']}/", json={'answer': 'b'})
call('DELETE', f"knowledge-bases/{knowledge}/faqs/{other['id']}/", 204)

# batch_upload/: several at once, their states, again, and away
several = [upload(f'{number}.txt', f'Text number {number}.'.encode()) for number in range(5)]
registered = call('POST', f'knowledge-bases/{knowledge}/files/', json={'files': several})['results']
until('the reading of five files', lambda: states() == {'done'})
parser = call('GET', 'parsers/')['results'][0]['id']
call('PATCH', f'knowledge-bases/{knowledge}/files/batch-reparse/', json=[{'id': one['id'], 'parser': parser} for one in registered])
until('a second reading', lambda: states() == {'done'})
gone = requests.post(f'{base}/knowledge-bases/{knowledge}/files/batch-delete/', headers=headers, json={'ids': [one['id'] for one in registered]}, timeout=60)
assert gone.status_code in (200, 204)
assert [one['filename'] for one in every(f'knowledge-bases/{knowledge}/files/')] == ['fares.md']
print('batches: five files registered, read twice, deleted')

# others/get_inboxes.py, contacts/
inbox = next(one for one in every('inboxes/') if one['channel']['id'] == made['apiWebChatId'])
source = uuid.uuid4().hex
person = call('POST', 'contacts/', json={'name': '王小明', 'inboxes': [{'id': inbox['id']}], 'source_id': source})
call('POST', 'contacts/', 400, json={'name': 'again', 'inboxes': [{'id': inbox['id']}], 'source_id': source})
assert call('GET', f'contacts/?search={source}')['count'] == 1
call('GET', f"contacts/{person['id']}/conversations/latest", 404)
spoken = completion(bot, 'it is me', message={'content': 'it is me', 'sender': person['id']})
assert call('GET', f"contacts/{person['id']}/conversations/latest")['id'] == spoken['conversationId']
assert call('GET', f"contacts/{person['id']}/conversations")['count'] == 1
told = call('POST', 'contacts/broadcast-message', 200, json={'message': 'Closed today.', 'contact_ids': [person['id']]})
assert (told['success_count'], told['error_count'], told['total_contacts']) == (1, 0, 1)
print('contacts: made once, spoken to, told')

# A bot of LINE's kind: what people say goes in by POST messages/, and what the webhook brings goes back to them.
heard = queue.Queue()


class Hook(BaseHTTPRequestHandler):
    def log_message(self, *_args):
        pass

    def do_POST(self):
        heard.put(json.loads(self.rfile.read(int(self.headers['content-length']))))
        self.send_response(200)
        self.send_header('content-length', '0')
        self.end_headers()


hooks = ThreadingHTTPServer(('127.0.0.1', 0), Hook)
threading.Thread(target=hooks.serve_forever, daemon=True).start()
call('PATCH', f'chatbots/{bot}/', json={'webhookUrl': f'http://127.0.0.1:{hooks.server_port}/line'})
talks, replies = {}, {}
for who, text in [('Ada', 'hello'), ('王', '你好'), ('Ada', 'again')]:
    if who not in talks:
        talks[who] = call('POST', 'conversations/', json={'webChat': made['apiWebChatId']})['id']
    said = call('POST', 'messages/', json={'conversation': talks[who], 'content': text, 'attachments': []})
    assert said['type'] == 'incoming'
    reply = heard.get(timeout=40)
    assert reply['conversation'] == talks[who] and reply['type'] == 'outgoing' and reply['created_at'].isdigit()
    replies.setdefault(who, []).append(reply['content'])
assert len(replies['Ada']) == 2 and 'again' in replies['Ada'][1] and '你好' in replies['王'][0]
assert until('the record', lambda: call('GET', f'chatbots/{bot}/webhook-records/')['count'] == 3)
print('a bot by webhook: three messages of two people, three replies')

call('DELETE', f"contacts/{person['id']}/", 204)
call('DELETE', f'knowledge-bases/{knowledge}/', 204)
call('DELETE', f'chatbots/{bot}/', 204)
assert requests.get(f'{base}/chatbots/{bot}/', headers=headers, timeout=60).status_code == 404
assert requests.get(f'{base}/schema/', timeout=60).json()['openapi'].startswith('3.')
print(f'MaiAgent at {base}: all of it works')
