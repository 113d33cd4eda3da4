"""The scenario of the clients, in Python: a line for each step, its name and what came of it. See run.mjs."""

import hashlib
import json
import os
import sys
import threading
import time
import urllib.request

from latchkey import (
    Latchkey,
    LatchkeyError,
    Tokens,
    Upload,
)
from latchkey.webhooks import InvalidSignature, verify

URL, CONTROL = os.environ["SCENARIO_URL"], os.environ["SCENARIO_CONTROL"]
OWNER, PASSWORD = "owner@example.com", os.environ["SCENARIO_PASSWORD"]


def control(path, method="POST"):
    with urllib.request.urlopen(urllib.request.Request(CONTROL + path, method=method)) as answer:
        return json.loads(answer.read())


def say(step, result):
    print(f"{step}\t{result}", flush=True)


def refused(step, act, more=lambda error: ""):
    try:
        act()
        say(step, "was let through")
    except LatchkeyError as error:
        say(step, f"{type(error).__name__} {error.status}{more(error)}")


def who(client):
    me = client.me.get()
    return f"{me.email}, by a {me.credential.kind}"


session = Latchkey(URL)
session.sign_in(OWNER, PASSWORD)
say("sign in", who(session))

made = session.keys.create(name="scenario in Python")
say("mint", f"{made.key[:4]}, {made.state}")
c = Latchkey(URL, made.key)
say("use", who(c))

found = [pipeline.id for pipeline in c.pipelines.list(limit=100)]
page = c.pipelines.list(limit=100).page()
say("page through 250", f"{len(set(found))} distinct of {page.count}, first page {len(page)}")

content = os.urandom(1 << 16) * 320
told = []
file = c.files.upload(file=Upload(content, name="twenty.bin", progress=lambda sent, of: told.append((sent, of))))
back = c.files.download(file.id).read()
same = "the same" if hashlib.sha256(back).digest() == hashlib.sha256(content).digest() else "another"
say("20 MB up and down", f"{len(back)} bytes, {same}, {'told to the end' if told[-1] == (len(content), len(content)) else told[-1]}")
c.files.delete(file.id)

refused("401", lambda: Latchkey(URL, "mgp_" + "0" * 40).me.get())
reader = session.keys.create(name="reader in Python", scopes=["pipelines:read"])
refused("403", lambda: Latchkey(URL, reader.key).pipelines.create(name="not this one"))
nowhere = "pip_" + "0" * 32
refused("404", lambda: c.pipelines.get(nowhere), lambda error: ", named in the log" if error.request_id else "")
refused("404 of MaiAgent", lambda: c.maiagent.pipelines.get("00000000-0000-4000-8000-000000000000"))
refused("404 of Mystic", lambda: c.mystic.pipelines.get("pipeline_00000000000000000000000000000000"))
refused("401 of Mage, with 200", lambda: Latchkey(URL, "mgp_" + "0" * 40).mage.pipelines.list().page())
first = c.pipelines.list(limit=1).page().items[0]
refused("412", lambda: c.pipelines.update(first.id, description="x", if_match='"not this one"'))
refused("400, by field", lambda: c.keys.create(name=""), lambda error: f": {', '.join(error.fields)}")
slow = session.keys.create(name="once in Python", limits=[{"requests": 1, "per": "hour"}])
once = Latchkey(URL, slow.key, retries=0)
once.me.get()
refused("429", once.me.get, lambda error: ", says when" if error.retry_after else "")
refused("nobody there", lambda: Latchkey("http://127.0.0.1:1", made.key, retries=1).me.get())

brisk = Latchkey(URL, session.keys.create(name="brisk in Python", limits=[{"requests": 2, "per": "second"}]).key)
say("limited, and goes on", f"{sum(1 for _ in range(5) if brisk.me.get())} of 5")

tokens = session.tokens
stale = Latchkey(URL, tokens=Tokens(tokens.access_token[:-4] + "AAAA", tokens.refresh_token))
before = control("/refreshes", "GET")
answers = []
threads = [threading.Thread(target=lambda: answers.append(stale.me.get())) for _ in range(20)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
say("20 calls, one refresh", f"{len(answers)} of 20, {control('/refreshes', 'GET') - before} refresh")
session = stale

control("/cut")
made_once = c.pipelines.create(name="made once in Python")
count = sum(1 for pipeline in c.pipelines.list(limit=1000) if pipeline.name == made_once.name)
say("an answer that was cut", f"made {'once' if count == 1 else count}, sent {'twice' if control('/cuts', 'GET') == 2 else 'else'}")
c.pipelines.delete(made_once.id)

lengths = [
    len(list(c.pipelines.list(limit=100))),
    len(list(c.mage.pipelines.list(limit=100))),
    len(list(c.mystic.pipelines.list(limit=100))),
    len(list(c.maiagent.pipelines.list(page_size="100"))),
]
say("all surfaces", ", ".join(map(str, lengths)))

hook = c.webhooks.create(url=CONTROL + "/hook/python", events=["pipeline.created"])
extra = c.pipelines.create(name="told of in Python")
for _ in range(300):
    message = control("/hook/python", "GET")
    if message:
        break
    time.sleep(0.1)
event = verify(message["body"], message["headers"], hook.secret)
try:
    verify(message["body"] + " ", message["headers"], hook.secret)
    changed = "a changed one taken"
except InvalidSignature:
    changed = "a changed one refused"
say("a webhook", f"{event['type']}, {changed}")
c.webhooks.delete(hook.id)
c.pipelines.delete(extra.id)

control("/restart")
say("the server starts again", c.me.get().email)

c.keys.revoke(made.id)
refused("revoke", c.me.get)
sys.exit(0)
