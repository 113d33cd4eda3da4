"""What the vendor's examples do with assistants, messages and attachments, restated: each function is one of its files."""

import json
import queue
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests
from maiagent_client import base, call, completion, every, headers, pdf, png, stored, streamed, until

# The ids that stand in the vendor's programs: of a language model, and of a way to find knowledge.
gpt = 'ba7da66a-6f30-414d-98f8-7d681a92d47a'
rag = '66261b7a-bd3f-4214-9c48-364c2e122b0f'


def create_assistant(world):
    body = {'name': f'Guide {uuid.uuid4().hex[:6]}', 'model': gpt, 'rag': rag, 'instructions': 'Be brief.'}
    world.made = call('POST', 'chatbots/', json=body)
    world.bot = world.made['id']


def update_assistant(world):
    body = {'name': world.made['name'], 'model': gpt, 'rag': rag, 'instructions': 'Be kind.'}
    assert call('PUT', f'chatbots/{world.bot}/', json=body)['instructions'] == 'Be kind.'
    assert any(one['id'] == world.bot and one['largeLanguageModel']['name'] for one in every('chatbots/?pageSize=100'))


def attached(name, content, kind):
    """A file that was uploaded in three steps, as a message names it."""
    body = {'file': stored(name, content, 'attachment'), 'filename': name, 'type': kind}
    made = call('POST', 'attachments/', json=body)
    return [{'id': made['id'], 'type': kind, 'filename': made['filename'], 'file': made['file']}]


def chatbot_completion(world):
    text, conversation = streamed(world.bot, 'a stream of words, please')
    assert 'a stream of words, please' in text
    newest = call('GET', f'messages/?conversation={conversation}&pageSize=1')['results'][0]
    assert newest['type'] == 'outgoing' and newest['content'] == text
    first = completion(world.bot, 'my name is Ming')
    assert streamed(world.bot, 'what is my name?', conversation=first['conversationId'])[1] == first['conversationId']
    assert '<image_url>' in streamed(world.bot, 'what is on it?', attached('cat.png', png, 'image'))[0]
    document = attached('sample.pdf', pdf('The shop opens at nine.'), 'other')
    assert 'opens at nine' in completion(world.bot, 'what does it say?', document)['content']
    # Others ask without the last slash, or send an empty text for a new conversation.
    second = completion(world.bot, 'and again', conversation=first['conversationId'], slash='')
    assert second['conversationId'] == first['conversationId']
    assert completion(world.bot, 'n8n', conversation='')['conversationId'] != first['conversationId']


def upload_attachment(_world):
    for path in ('attachments/', 'attachments-upload/'):
        files = {'file': ('cat.png', png, 'image/png')}
        sent = requests.post(f'{base}/{path}', headers=headers, files=files, timeout=60)
        assert sent.status_code == 201, sent.text
        assert sent.json()['type'] == 'image' and requests.get(sent.json()['file'], timeout=60).content == png


def webhook_server(world):
    """What the vendor's Flask server does: it prints what comes, and answers 200."""
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
    call('PATCH', f'chatbots/{world.bot}/', json={'webhookUrl': f'http://127.0.0.1:{hooks.server_port}/webhook'})
    world.heard = lambda: heard.get(timeout=40)


def conversation(world):
    return call('POST', 'conversations/', json={'webChat': world.made['apiWebChatId']})['id']


def send_message(world, text='hello', talk=None, attachments=()):
    talk = talk or conversation(world)
    said = call('POST', 'messages/', json={'conversation': talk, 'content': text, 'attachments': list(attachments)})
    assert said['type'] == 'incoming'
    # What is told of others goes to them.
    told = next(told for told in iter(world.heard, None) if told['conversation'] == talk)
    assert told['type'] == 'outgoing' and told['created_at'].isdigit()
    assert isinstance(told['citations'], list) and isinstance(told['sender']['id'], int) and told['feedback'] is None
    return told['content']


def send_image_message(world):
    talk = conversation(world)
    body = {'file': stored('cat.png', png, 'attachment'), 'filename': 'cat.png', 'type': 'image'}
    made = call('POST', f'conversations/{talk}/attachments/', json=body)
    picture = {'id': made['id'], 'type': 'image', 'filename': made['filename'], 'file': made['file']}
    assert '<image_url>' in send_message(world, 'what is on it?', talk, [picture])


def line_bot(world):
    """A bot of LINE's kind: what people say goes in by POST messages/, and what the webhook brings goes back to them."""
    talks, replies = {}, {}
    for who, text in [('Ada', 'hello'), ('王', '你好'), ('Ada', 'again')]:
        talks[who] = talks.get(who) or conversation(world)
        replies.setdefault(who, []).append(send_message(world, text, talks[who]))
    assert len(replies['Ada']) == 2 and 'again' in replies['Ada'][1] and '你好' in replies['王'][0]
    assert until('the records', lambda: call('GET', f'chatbots/{world.bot}/webhook-records/')['count'] >= 3)
