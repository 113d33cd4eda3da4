"""Files into runs and out of them: container_files_before.py digest=URL nested=URL names=URL picture=URL pictures=URL letters=URL."""

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from container_support import api, deployed, headers, name_of, same, url
from pipeline.cloud.files import create_remote_directory, upload_file, upload_multipart_file
from pipeline.cloud.pipelines import run_pipeline, stream_pipeline
from pipeline.cloud.runs import get_run
from pipeline.objects import Directory, File

sys.path.insert(0, os.path.dirname(__file__))
from container_pipelines import Options  # noqa: E402

digest, nested, names, picture, pictures, letters = deployed()
folder = TemporaryDirectory()
path = Path(folder.name) / "my cat.jpg"
content = os.urandom(100_000)
path.write_bytes(content)
known = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "ending": ".jpg"}


def outputs(run):
    assert run.error is None, run.error
    return run.outputs_formatted()


def curl(*more) -> dict:
    said = ["curl", "-sS", f"{url}/v4/runs", "-H", f"Authorization: {headers['Authorization']}", *more]
    answer = json.loads(subprocess.check_output([*said, "-H", "Content-Type: application/json"]))
    assert answer.get("error", answer) is None, answer
    return answer


# In.
same("File(path=…)", outputs(run_pipeline(digest, File(path=str(path)))), [known])
with path.open("rb") as opened:
    same("an open file", outputs(run_pipeline(digest, opened)), [known])
same("a nested File", outputs(run_pipeline(nested, Options(picture=File(path=str(path)), times=2))), [
    hashlib.sha256(content * 2).hexdigest()
])
uploaded = upload_file(path)
same("File(url=…), of an upload", outputs(run_pipeline(digest, File(url=uploaded.url))), [known])
same("File(remote_id=…)", outputs(run_pipeline(digest, File(remote_id=uploaded.id))), [known])
parted = upload_multipart_file(path)
same("File(remote_id=…), sent in parts", outputs(run_pipeline(digest, File(remote_id=parted.id))), [known])
same("the address, by whoever has it", httpx.get(uploaded.url).content, content)
same("the path, with a token", api.get(f"/{uploaded.path}").content, content)
same("the path, without one", httpx.get(f"{url}/{uploaded.path}").status_code, 401)
inside = Path(folder.name) / "inside"
inside.mkdir()
for name in ("a.txt", "b.txt"):
    (inside / name).write_text(name)
same("Directory(path=…)", outputs(run_pipeline(names, Directory(path=str(inside)))), [["a.txt", "b.txt"]])
remote = create_remote_directory(inside)
same("Directory(remote_id=…)", outputs(run_pipeline(names, Directory(remote_id=remote.id))), [["a.txt", "b.txt"]])
for key, value in (("file_url", uploaded.url), ("file_path", uploaded.url), ("file_path", uploaded.path)):
    body = {"pipeline": name_of(digest), "inputs": [{"type": "file", key: value}]}
    same(f"curl with {key} = {value.split('/')[0]}…", curl("-d", json.dumps(body))["outputs"][0]["value"], known)
body = {"pipeline_id_or_pointer": digest, "input_data": [{"type": "file", "value": None, "file_path": uploaded.path}]}
answer = api.post("/v3/runs", json=body).json()
same("POST /v3/runs", (answer["state"], answer["result"]["outputs"][0]["value"]), (10, known))

# Out.
run = run_pipeline(picture, 70_000)
[made] = outputs(run)
copy = Path(folder.name) / "copy.png"
made.save(copy)
same("a picture, saved", copy.read_bytes(), b"P" * 70_000)
file = run.outputs[0].file
same("its name and size", (file.name, file.size), ("latchkey conformance 70000.png", 70_000))
same("the run, read again", httpx.get(get_run(run.id).outputs[0].file.url).content, b"P" * 70_000)
same("into the next run", outputs(run_pipeline(digest, made))[0]["size"], 70_000)
body = {"pipeline": digest, "inputs": [{"type": "file", "file_path": file.path}]}
same("into the next run by its path", curl("-d", json.dumps(body))["outputs"][0]["value"]["size"], 70_000)
listed = run_pipeline(pictures, 3)
texts = [httpx.get(one["file"]["url"]).text for one in outputs(listed)[0]]
same("a list of files", texts, ["picture 0", "picture 1", "picture 2"])
body = {"pipeline_id_or_pointer": pictures, "input_data": [{"type": "integer", "value": 1}]}
answer = api.post("/v3/runs", json=body).json()
same("the same by /v3/runs", httpx.get(answer["result"]["outputs"][0]["value"][0]["file"]["url"]).text, "picture 0")

# Streams.
word = Path(folder.name) / "word.txt"
word.write_text("abc")
pieces = list(stream_pipeline(letters, File(path=str(word))))
same("a file in, a stream out", [one.outputs[0].value for one in pieces], ["a", "b", "c"])
same("the file beside it, in each piece", [httpx.get(one.outputs[1].file.url).text for one in pieces], ["abc"] * 3)
same("the stream's run, stored", httpx.get(get_run(pieces[0].id).outputs[1].file.url).text, "abc")

# Sizes.
for size in (0, 1, 100 * 1024 * 1024):
    path.write_bytes(b"\0" * size)
    began = time.time()
    [told] = outputs(run_pipeline(digest, File(path=str(path))))
    took = time.time() - began
    same(f"{size} bytes in ({took:.1f} s)", (told["size"], told["sha256"]), (size, hashlib.sha256(b"\0" * size).hexdigest()))
    began = time.time()
    got = httpx.get(run_pipeline(picture, size).outputs[0].file.url, timeout=120).content
    same(f"{size} bytes out ({time.time() - began:.1f} s)", got == b"P" * size, True)
late = run_pipeline(picture, 100 * 1024 * 1024 + 1)
same("one byte more", (late.state, "is larger than 104857600 bytes" in late.error.message), ("failed", True))

(Path(os.environ["CHECK_DIR"]) / "files.json").write_text(json.dumps({"run": run.id, "file": uploaded.id, "known": known}))
