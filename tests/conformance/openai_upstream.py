"""A server of models for the tests of conformance: answers as OpenAI does, on a free port that it prints, without a model.

It says what it was asked, and what of the knowledge beside it the question is about. Needs Python alone.
"""

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def answer_to(messages):
    """The question again; and the knowledge, where some went with it."""
    question = messages[-1]['content']
    if not isinstance(question, str):
        parts = [part.get('text', f"<{part['type']}>") for part in question]
        question = ' '.join(parts)
    knowledge = ' '.join(str(message['content']) for message in messages[:-1])
    told = [word for word in ('Taichung costs 700', 'opens at nine') if word in knowledge + question]
    return f"You said: {question}" + (f" I know: {', '.join(told)}." if told else '')


class Model(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *_args):
        pass

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers['content-length'])))
        text = answer_to(asked['messages'])
        usage = {'prompt_tokens': 11, 'completion_tokens': 7, 'total_tokens': 18}
        if not asked.get('stream'):
            message = {'role': 'assistant', 'content': text}
            return self.whole({'id': 'x', 'object': 'chat.completion', 'usage': usage, 'choices': [{'index': 0, 'message': message, 'finish_reason': 'stop'}]})
        self.send_response(200)
        self.send_header('content-type', 'text/event-stream')
        self.send_header('connection', 'close')
        self.end_headers()
        for start in range(0, len(text), 12):
            self.event({'choices': [{'index': 0, 'delta': {'content': text[start:start + 12]}, 'finish_reason': None}]})
            time.sleep(0.02)
        self.event({'choices': [{'index': 0, 'delta': {}, 'finish_reason': 'stop'}]})
        self.event({'choices': [], 'usage': usage})
        self.wfile.write(b'data: [DONE]\n\n')
        self.close_connection = True

    def event(self, value):
        self.wfile.write(f'data: {json.dumps(value)}\n\n'.encode())
        self.wfile.flush()

    def whole(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header('content-type', 'application/json')
        self.send_header('content-length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = ThreadingHTTPServer(('127.0.0.1', 0), Model)
print(server.server_port, flush=True)
server.serve_forever()
