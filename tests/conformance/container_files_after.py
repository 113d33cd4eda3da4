"""After the containers were started anew: container_files_after.py digest=URL."""

import json
import os
from pathlib import Path

import httpx
from container_support import deployed, same
from pipeline.cloud.pipelines import run_pipeline
from pipeline.cloud.runs import get_run
from pipeline.objects import File

[digest] = deployed()
before = json.loads((Path(os.environ["CHECK_DIR"]) / "files.json").read_text())

file = get_run(before["run"]).outputs[0].file
same("what came out of a container that is gone", httpx.get(file.url).content, b"P" * file.size)
run = run_pipeline(digest, File(remote_id=before["file"]))
same("what was uploaded before", run.outputs_formatted(), [before["known"]])
run = run_pipeline(digest, File(url=file.url))
same("the old output, into a new run", run.outputs_formatted()[0]["size"], file.size)
