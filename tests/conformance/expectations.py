"""What the real client has to print, against a server that is as it should be: docs/compat/mystic.md: The client's settings.

Patterns are regular expressions for all of the output; `{url}` and the like are filled in before. The number before a name
is that of the pair in §6. Steps run in this order, and later ones use what earlier ones made.
"""

import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable


@dataclass
class Step:
    name: str
    #: The arguments of `pipeline`, or else a piece of Python for the client's interpreter.
    command: list[str] = field(default_factory=list)
    python: str = ""
    exit: int = 0
    stdout: str | None = None
    stderr: str | None = ""
    #: All of config.yaml afterwards.
    config: str | None = None
    env: dict[str, str] = field(default_factory=dict)
    #: With an empty PIPELINE_DIR.
    without_config: bool = False
    #: Looks at what else should hold, and says what does not.
    then: Callable | None = None
    #: Prepares it, and says why it is left out where it cannot be.
    before: Callable | None = None
    #: Why it is left out.
    skip: str = ""


# Tables of tabulate, format "psql".
line = r"\+[-+]+\+\n"
anything = r".*"


def table(*headings: str, rows: str = r"(\|.*\|\n)*") -> str:
    head = r"\|" + r"\|".join(rf" {re.escape(heading)} +" for heading in headings) + r"\|\n"
    return line + head + line.replace(r"\+[-+]", r"\|[-+]").replace(r"+\+\n", r"+\|\n") + rows + line


def pages(current: object, total: object) -> str:
    return rf"\nPage {current} of {total}\n\n"


def api_error(path: str, status: int, detail: str, before: str = "") -> dict:
    """What every refusal of the server looks like: a line on stdout, a traceback on stderr, exit 1 (§3.3)."""
    error = rf"APIError\(url={{url}}{path}, status_code={status}, detail={detail}, request_id=ID\)"
    return {"exit": 1, "stdout": rf"{before}ERROR {error}\n", "stderr": rf"Traceback .*{error}\n"}


message = r"\{{'message': '{}'.*\}}"


def keep(name: str, pattern: str) -> Callable:
    """Remembers the first group of a pattern in stdout as a word for later steps."""

    def look(world, stdout: str) -> str | None:
        found = re.search(pattern, stdout)
        if not found:
            return f"{pattern!r} is not in {stdout!r}"
        world.words[name] = found[1]
        return None

    return look


def holds(check: Callable, complaint: str) -> Callable:
    return lambda world, stdout: None if check(world, stdout) else complaint


def detailed(world) -> dict:
    """The pipeline of the first version, as the server knows it."""
    return world.api("GET", world.fill("/v4/pipelines/{pipeline}?include_pointers=true"))[1]


def first_config(active: str = "mystic-api", *more: str) -> str:
    first = "- alias: mystic-api\n  token: {token}\n  url: {url}\n"
    return f"active_remote: {active}\nremotes:\n{first}" + "".join(more)


slashed = "- alias: slash\n  token: {token}\n  url: {url}/\n"

login = [
    Step(
        "1 cluster login",
        ["cluster", "login", "mystic-api", "{token}", "-u", "{url}", "-a"],
        stdout="INFO Setting new remote as active 'mystic-api'\nINFO Successfully authenticated with mystic-api\n",
        config=first_config(),
    ),
    Step(
        "2 cluster login, an alias that is there",
        ["cluster", "login", "mystic-api", "{token}", "-u", "{url}", "-a"],
        stdout="ERROR Alias 'mystic-api' already exists\n",
        config=first_config(),
    ),
    Step(
        "3 cluster login, a bad token",
        ["cluster", "login", "bad", "pipeline_sk_" + "x" * 32, "-u", "{url}"],
        stdout="ERROR Couldn't authenticate with {url}\n",
        config=first_config(),
    ),
    Step(
        "6 cluster login, a URL that ends with a slash",
        ["cluster", "login", "-u", "{url}/", "slash", "{token}"],
        stdout="INFO Successfully authenticated with slash\n",
        config=first_config("mystic-api", slashed),
    ),
    Step(
        "7 cluster use",
        ["cluster", "use", "slash"],
        stdout="INFO Set new default remote to 'slash'\n",
        config=first_config("slash", slashed),
    ),
    Step("cluster use, what is not there", ["cl", "use", "nope"], stdout="ERROR Remote 'nope' not found\n"),
    Step(
        "cluster get",
        ["cluster", "get"],
        stdout="INFO Authenticated remotes:\nalias='mystic-api' url='{url}' token='{token}'\n"
        r"alias='slash' url='{url}/' token='{token}' \(active\)" + "\n",
    ),
    Step("54 get pipelines through a URL that ends with a slash", ["get", "pipelines"], stdout=f"INFO Getting pipelines\n{anything}"),
    Step("cluster use, back", ["cluster", "use", "mystic-api"], stdout=anything, config=first_config("mystic-api", slashed)),
    Step(
        "9 the environment alone",
        ["get", "pipelines"],
        stdout=f"INFO Getting pipelines\n{anything}",
        env={"PIPELINE_API_TOKEN": "{token}", "PIPELINE_API_URL": "{url}"},
        without_config=True,
    ),
    Step(
        "10 no token at all",
        ["get", "pipelines"],
        env={"PIPELINE_API_URL": "{url}"},
        without_config=True,
        **api_error(r"/v4/pipelines\?skip=0&limit=1000", 401, message.format("Not authenticated."), "INFO Getting pipelines\n"),
    ),
    Step(
        "11 a login comes before the environment",
        ["get", "pipelines"],
        stdout=f"INFO Getting pipelines\n{anything}",
        env={"PIPELINE_API_TOKEN": "nobodys", "PIPELINE_API_URL": "http://127.0.0.1:1"},
    ),
]

# As `container push` does it, but for Docker.
push = """
from pipeline.cloud import http
from pipeline.cloud.schemas import pipelines, registry
where = registry.RegistryInformation.parse_obj(http.get("/v4/registry").json())
sent = pipelines.PipelineCreate(name="%s", image="a:1", input_variables=[], output_variables=[], accelerators=%s, readme="")
made = pipelines.PipelineGet.parse_obj(http.post("/v4/pipelines", sent.dict()).json())
print(where.special_auth, made.name, made.id)
"""
family = "{user}/p{run}"

users = [
    Step(
        "who the token is",
        python="from pipeline.cloud import http; print(http.get('/v4/users/me').json()['username'])",
        stdout=r"[a-z0-9_-]+\n",
        then=keep("user", r"^(.*)\n"),
    )
]

pipelines = [
    Step(
        "59 what container push sends, but for Docker",
        python=push % (family, '["nvidia_t4", "nvidia_t4"]'),
        stdout=rf"(True|False) {family} pipeline_[0-9a-f]{{32}}\n",
        then=keep("pipeline", "(pipeline_[0-9a-f]+)"),
    ),
    Step(
        "59 a second version, without a user in its name",
        python=push % ("p{run}", '["cpu"]'),
        stdout=rf"(True|False) {family} pipeline_[0-9a-f]{{32}}\n",
        then=keep("second", "(pipeline_[0-9a-f]+)"),
    ),
    Step("container push", skip="needs Docker and a registry"),
    Step(
        "17, 18 get pipelines",
        ["get", "pipelines"],
        stdout="INFO Getting pipelines\n"
        + table("ID", "Name", "Created", "Cache # (min-max)", "Accelerators")
        + pages(1, 1),
        then=holds(
            lambda world, stdout: all(
                re.search(rf"\| {id} \| {name} +\| \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{{6}})? +\| N/A +\| {kind} +\|", stdout)
                for name in [world.fill(family)]
                for id, kind in [(world.words["pipeline"], "2× nvidia_t4"), (world.words["second"], "cpu")]
            ),
            "a row is not as it should be",
        ),
    ),
    Step(
        "19 get pl, a page",
        ["get", "pl", "-s", "1", "-l", "1"],
        stdout="INFO Getting pipelines\n"
        + table("ID", "Name", "Created", "Cache # (min-max)", "Accelerators", rows=r"\|[^\n]*\|\n")
        + pages(2, r"\d+"),
    ),
    Step(
        "21 get pipelines, more than there may be",
        ["get", "pipelines", "-l", "5000"],
        **api_error(
            r"/v4/pipelines\?skip=0&limit=5000", 422, r"\{'detail': \[\{'loc': \['query', 'limit'\], .*\}\]\}", "INFO Getting pipelines\n"
        ),
    ),
]

scalings = [
    Step("39 create scaling", ["create", "scaling", "s{run}"], stdout="INFO Created scaling configuration s{run}\n"),
    Step(
        "create scalings, all of it",
        ["create", "scalings", "{user}/s{run}", "-t", "windows", "-a", '{"windows": [{"weight": 1, "lookback_time": 60}]}', "--min-nodes", "2", "--max-nodes", "3"],
        stdout="INFO Created scaling configuration {user}/s{run}\n",
    ),
    Step(
        "39 create scaling, once more",
        ["create", "scaling", "s{run}"],
        **api_error("/v4/scaling-configs", 409, r"\{.*\}"),
    ),
    Step("41 create scaling, another type", ["create", "scaling", "x", "-t", "nope"], exit=2, stdout="", stderr=r".*invalid ScalingConfigType value: 'nope'\n"),
    Step(
        "42 get scalings",
        ["get", "scalings", "-n", "s{run}"],
        stdout="INFO Getting scaling configurations\n"
        + table("ID", "Name", "Created", "Type", "Args", rows=r"\| \S+ +\| s{run} +\| \d{4}-[\d.: -]+ \| windows +\| \{.*?\} +\|\n")
        + pages(1, 1),
    ),
    Step(
        "43 edit scaling",
        ["edit", "scaling", "{user}/s{run}", "--min-nodes", "0"],
        stdout=r"INFO \{.*'minimum_nodes': 0, 'maximum_nodes': 3.*\}\nINFO Scaling configuration edited!\n",
    ),
    Step("edit scalings, nothing", ["edit", "scalings", "s{run}"], stdout=r"ERROR Nothing to edit\.\n"),
    Step("46 delete scaling", ["delete", "scaling", "{user}/s{run}"], stdout="INFO Scaling configuration deleted!\n"),
    Step(
        "46 delete scaling, once more",
        ["del", "scalings", "{user}/s{run}"],
        **api_error("/v4/scaling-configs/{user}/s{run}", 404, r"\{.*not found.*\}"),
    ),
]

edits = [
    Step(
        "22 edit pipeline",
        ["edit", "pipeline", "{pipeline}", "-s", "s{run}"],
        stdout="INFO Pipeline edited!\n",
        then=holds(
            lambda world, _: (now := detailed(world))["scaling_config"] == world.fill("s{run}")
            and now["accelerators"] == ["nvidia_t4", "nvidia_t4"]
            and now["image"] == "a:1",
            "something else has changed, or nothing has",
        ),
    ),
    Step("23 edit pipelines, what is not sent", ["edit", "pipelines", "{pipeline}", "-c", "1", "-g", "4000"], stdout="INFO Pipeline edited!\n"),
    Step("edit pipelines, nothing", ["edit", "pl", "{pipeline}"], stdout=r"ERROR Nothing to edit\.\n"),
    Step(
        "22 edit pipelines, what is not there",
        ["edit", "pipelines", "pipeline_1", "-s", "x"],
        **api_error("/v4/pipelines/pipeline_1", 404, message.format("Pipeline not found")),
    ),
]

pointer = family + ":latest"
created = "INFO Created pointer {} -> {{pipeline}}\n"


def pointers_to(world) -> set[str]:
    return set(detailed(world).get("pointers", []))


pointers = [
    Step("27 create pointer", ["create", "pointer", pointer, "{pipeline}", "--locked"], stdout=created.format(pointer)),
    Step("create ptr, from a pointer", ["create", "ptr", family + ":also", family + ":v1"], stdout=created.format(family + ":also")),
    Step("29 create pointers, once more", ["create", "pointers", pointer, "{pipeline}"], **api_error("/v4/pointers", 409, r"\{.*\}")),
    Step(
        "30 create pointers, no pointer",
        ["create", "pointers", "badpointer", "p"],
        exit=1,
        stdout="",
        stderr=r"Traceback .*Invalid pointer name.*",
    ),
    Step(
        "31 create pointers, somebody else's",
        ["create", "pointers", "nobody-else/falcon:main", "{pipeline}"],
        **api_error("/v4/pointers", 400, r"\{'message': 'Must start with your username followed by a forward slash\. .*', 'parameter': 'pointer'\}"),
    ),
    Step(
        "create pointers, to what is not there",
        ["create", "pointers", family + ":none", "pipeline_1"],
        **api_error("/v4/pointers", 404, message.format("Pipeline not found")),
    ),
    Step(
        "33 get ptr",
        ["get", "ptr", "-n", family],
        stdout="INFO Getting pointers\n" + table("Pointer", "Pipeline ID", rows=rf"(\| {family}:\S+ +\| pipeline_\S+ +\|\n){{4}}") + pages(1, 1),
    ),
    Step(
        "33 get ptr, a page of it",
        ["get", "ptr", "-n", family, "-d", "-s", "2", "-l", "2"],
        stdout="INFO Getting pointers\n" + table("Pointer", "Pipeline ID", rows=r"(\|[^\n]*\|\n){2}") + pages(2, 2),
    ),
    Step(
        "34 edit pointer",
        ["edit", "pointer", pointer, "-s", "{second}"],
        stdout=rf"INFO Editing pointer \({pointer}\)\nINFO Pointer edited!\n",
        then=holds(lambda world, _: world.fill(pointer) not in pointers_to(world), "it still leads to the old pipeline"),
    ),
    Step(
        "34 edit pointer, back by a pointer",
        ["edit", "pointers", pointer, "-s", family + ":v1"],
        stdout=rf"INFO Editing pointer \({pointer}\)\nINFO Pointer edited!\n",
        then=holds(lambda world, _: world.fill(pointer) in pointers_to(world), "it does not lead to the first pipeline"),
    ),
    Step(
        "35 edit pointer --locked",
        ["edit", "ptr", pointer, "--locked"],
        stdout=rf"INFO Editing pointer \({pointer}\)\nINFO Pointer edited!\n",
        then=holds(lambda world, _: world.fill(pointer) in pointers_to(world), "it was moved"),
    ),
    Step("37 edit pointer, both locks", ["edit", "pointer", pointer, "--locked", "--unlocked"], stdout="ERROR Cannot lock and unlock at the same time!\n"),
    Step("37 edit pointer, nothing", ["edit", "pointer", pointer], stdout="ERROR Nothing to edit!\n"),
    Step("edit pointer --unlocked", ["edit", "pointer", pointer, "--unlocked"], stdout=rf"INFO Editing pointer \({pointer}\)\nINFO Pointer edited!\n"),
    Step(
        "38 delete pointer",
        ["delete", "pointer", family + ":also"],
        stdout=rf"INFO Deleting pointer \({family}:also\)\nINFO Pointer deleted!\n",
    ),
    Step(
        "38 delete pointer, once more",
        ["rm", "ptr", family + ":also"],
        **api_error("/v4/pointers/" + family + ":also", 404, r"\{.*not found.*\}", rf"INFO Deleting pointer \({family}:also\)\n"),
    ),
    Step(
        "v3 create_pointer of the SDK, and overwrite",
        python=f"""
from pipeline.cloud.pointers import create_pointer
create_pointer("{family}:sdk", "{{pipeline}}")
create_pointer("{family}:sdk", "{{second}}", overwrite=True)
create_pointer("{family}:new", "pipeline_1")
""",
        # It prints the body as it came: with the end of its line.
        stdout=r"\{.*\}\n\nPipeline pipeline_1 not found\n",
        then=holds(lambda world, _: world.fill(family + ":sdk") not in pointers_to(world), "it was not moved"),
    ),
]


def write(name: str, text: str) -> Callable:
    return lambda world: (Path(world.folder) / name).write_text(text) and ""


def make_folder(world) -> str:
    (Path(world.folder) / "many/below").mkdir(parents=True)
    (Path(world.folder) / "many/a.txt").write_text("a")
    (Path(world.folder) / "many/below/b.txt").write_text("b")
    return ""


def unzipped(world, _: str) -> str | None:
    with zipfile.ZipFile(Path(world.folder) / "many.out") as archive:
        names = sorted(archive.namelist())
    return None if names == ["a.txt", "below/b.txt"] else f"the archive holds {names}"


columns = ("ID", "Created At", "Path")
row = r"\| file_[0-9a-f]{32} \| [\d:. -]+\+00:00 \| pipeline_files/\S+ +\|\n"
uploaded = r"INFO File uploaded successfully with ID: file_[0-9a-f]{32}\n"

files = [
    Step("create files", ["create", "files", "cat.txt"], stdout=uploaded, stderr=None, before=write("cat.txt", "meow"), then=keep("file", "(file_[0-9a-f]+)")),
    Step("create file, with a name", ["create", "file", "cat.txt", "-n", "tiger.txt"], stdout=uploaded, stderr=None),
    Step(
        "54 create file through a URL that ends with a slash",
        ["create", "file", "cat.txt"],
        stdout=uploaded,
        stderr=None,
        env={"PIPELINE_API_TOKEN": "{token}", "PIPELINE_API_URL": "{url}/"},
        without_config=True,
    ),
    Step(
        "55 create files of a folder",
        ["create", "files", "many", "-r"],
        stdout=r"/tmp/many\.zip\nINFO Directory uploaded successfully with ID: file_[0-9a-f]{32}\n",
        stderr=None,
        before=make_folder,
        then=keep("folder_file", "(file_[0-9a-f]+)"),
    ),
    Step("create files, no such file", ["create", "files", "nope"], exit=1, stdout="", stderr=r"Traceback .*FileNotFoundError: .*does not exist\.\n"),
    Step("get files", ["get", "files"], stdout=table(*columns, rows=f"({row}){{4,}}")),
    Step("57 get file", ["get", "file", "{file}"], stdout=table(*columns, rows=row)),
    Step("57 get file, what is not there", ["get", "file", "file_1"], **api_error("/v3/pipeline_files/file_1", 404, message.format("File not found"))),
    Step(
        "58 get file -d",
        ["get", "file", "{file}", "-d", "-o", "out.txt"],
        stdout=r"INFO File downloaded successfully to out\.txt\n",
        then=holds(lambda world, _: (Path(world.folder) / "out.txt").read_text() == "meow", "the bytes are others"),
    ),
    Step("58 get file -d, a folder", ["get", "files", "{folder_file}", "-d", "-o", "many.out"], stdout=anything, then=unzipped),
    Step("get files -d without an id", ["get", "files", "-d"], exit=1, stdout="", stderr=r"Traceback .*Exception: Cannot download file without ID\. .*"),
    Step(
        "81 upload_file",
        python="""
from pathlib import Path
from pipeline.cloud.files import upload_file
file = upload_file(Path("cat.txt").absolute())
import httpx
print(file.id, file.path, httpx.get(file.url).text)
""",
        stdout=r"file_[0-9a-f]{32} pipeline_files/\S+ meow\n",
    ),
    Step(
        "82 upload_multipart_file",
        python="""
from pathlib import Path
from pipeline.cloud import files, http
Path("six.bin").write_text("abcdef"); Path("none.bin").write_text("")
files.FILE_CHUNK_SIZE = 4
for name in ("six.bin", "none.bin"):
    file = files.upload_multipart_file(Path(name))
    print(files.get_path_from_id(file.id) == file.path, http.get(f"/v3/pipeline_files/download/{file.id}").text)
""",
        stdout=r"True abcdef\nTrue \n",
    ),
]


def no_container(world) -> str:
    """Tells the server where our container is; says why not, where it does not take it."""
    path = world.fill("/v4/pipelines/{pipeline}/container")
    status, body = world.api("PUT", path, {"url": world.container.url})
    return "" if status == 200 else f"the server takes no container: {status} {body}"


sdk = "from pipeline.cloud.pipelines import *\nfrom pipeline.cloud.runs import *\n"
version = '"' + family + ':v1"'


def sent(*types: str) -> Callable:
    return holds(
        lambda world, _: [its["type"] for its in world.container.inputs] == list(types),
        "the container got something else",
    )


runs = [
    Step(
        "63 run_pipeline",
        python=sdk + f"run = run_pipeline({version}, 's', 5, 1.5, True, None, {{'a': 1}}, [1, 2])\nprint(run.state, run.outputs_formatted(), run.id)",
        stdout=r"completed \[7\] run_[0-9a-f]{32}\n",
        before=no_container,
        then=lambda world, stdout: sent("string", "integer", "fp", "integer", "none", "dictionary", "array")(world, stdout)
        or keep("run_id", "(run_[0-9a-f]+)")(world, stdout),
    ),
    Step(
        "run_pipeline with a file",
        python=sdk + f"run = run_pipeline({version}, open('cat.txt'))\nprint(run.state)",
        stdout="completed\n",
        before=no_container,
        then=sent("file"),
    ),
    Step(
        "66 run_pipeline, the pipeline raises",
        python=sdk + f"run = run_pipeline({version}, 'raise')\nprint(run.state, run.error.type.value, run.error.message)",
        stdout=r"failed pipeline_error ValueError\('no'\)\n",
        before=no_container,
    ),
    Step(
        "67 run_pipeline, other inputs than it takes",
        python=sdk + f"run = run_pipeline({version}, 'refuse')\nprint(run.state, run.error.type.value, run.error.message)",
        stdout="failed input_error Inputs do not match graph inputs\n",
        before=no_container,
    ),
    Step(
        "65 run_pipeline, nobody takes it",
        python=sdk + f"run_pipeline('{family}:v2', 1)",
        exit=1,
        stdout=r"ERROR This pipeline is currently starting up\. .*before next run\.\nRun result:\n\{\n  .*\"state\": \"no_resources_available\".*\}\n",
        stderr=r"Traceback .*NoResourcesAvailable: This pipeline is currently starting up\. .*",
    ),
    Step(
        "run_pipeline, what is not there",
        python=sdk + "run_pipeline('pipeline_1', 1)",
        **api_error("/v4/runs", 404, message.format("Pipeline not found")),
    ),
    Step(
        "run_pipeline, a bad token",
        python=sdk + f"run_pipeline({version}, 1)",
        env={"PIPELINE_API_TOKEN": "nobodys", "PIPELINE_API_URL": "{url}"},
        without_config=True,
        **api_error("/v4/runs", 401, message.format("Not authenticated.")),
    ),
    Step(
        "75 an asynchronous run, and poll_for_run_completion",
        python=sdk + f"run = run_pipeline({version}, 1, async_run=True)\nprint(poll_for_run_completion(run.id, 60, 1).outputs_formatted())",
        stdout=r"(Waiting for run run_[0-9a-f]{32} to finish\.\.\.\n)*\[1\]\n",
        before=no_container,
    ),
    Step(
        "74 get_run",
        python=sdk + "run = get_run('{run_id}')\nprint(run.state, run.outputs_formatted(), len(run.inputs))",
        stdout=r"completed \[7\] 7\n",
        before=no_container,
    ),
    Step("74 get_run, what is not there", python=sdk + "get_run('run_1')", **api_error("/v4/runs/run_1", 404, message.format("Run not found"))),
    Step(
        "77 stream_pipeline",
        python=sdk + f"for run in stream_pipeline({version}, 's'): print(run.outputs_formatted(), run.error)",
        stdout=r"\['hello'\] None\n\['world'\] None\n",
        before=no_container,
    ),
    Step(
        "78 stream_pipeline, an error on the way",
        python=sdk + f"for run in stream_pipeline({version}, 'raise'): print(run.state, run.error and run.error.message)",
        stdout=r"\w+ None\nfailed Exception\('dummy error'\)\n",
        before=no_container,
    ),
    Step(
        "79 stream_pipeline, a bad token",
        python=sdk + f"print(list(stream_pipeline({version}, 's')))",
        stdout=r"INFO Unexpected result from streaming run:\nStatus code = 401\n\{'detail': \{'message': 'Not authenticated\.'\}\}\n\[\]\n",
        env={"PIPELINE_API_TOKEN": "nobodys", "PIPELINE_API_URL": "{url}"},
        without_config=True,
    ),
    Step(
        "stream_pipeline, nobody takes it",
        python=sdk + f"list(stream_pipeline('{family}:v2', 1))",
        exit=1,
        stdout=r"ERROR This pipeline is currently starting up\. .*no_resources_available.*",
        stderr=r"Traceback .*NoResourcesAvailable: .*",
    ),
    Step("tail_run_logs", skip="a WebSocket that no command of the client uses"),
]

logs = [
    Step("47 logs run", ["logs", "run", "{run_id}"], stdout=anything, before=no_container),
    Step("49 logs run, what is not there", ["logs", "run", "run_x"], **api_error("/v4/logs/run/run_x", 404, message.format("Run not found"))),
    Step("50 logs startup", ["logs", "startup", family + ":v1"], stdout="No logs found in the last 24h\n"),
    Step("logs startup, by id", ["logs", "startup", "{pipeline}"], stdout="No logs found in the last 24h\n"),
    Step("51 get resources", ["get", "resources"], stdout=table("ID", "Pipelines", "Current run", "Run queue", "Accelerators")),
]

deletes = [
    Step("25 delete pipeline", ["delete", "pipeline", "{second}"], stdout="INFO Pipeline deleted!\n"),
    Step("26 rm pl, once more", ["rm", "pl", "{second}"], **api_error("/v4/pipelines/{second}", 404, message.format("Pipeline not found"))),
    Step(
        "33 get pointers, of a deleted pipeline",
        ["get", "pointers", "-n", family, "-d"],
        stdout=f"INFO Getting pointers\n{anything}{family}:v2 {anything}",
    ),
    Step("cleaning up: delete pipelines", ["del", "pipelines", "{pipeline}"], stdout="INFO Pipeline deleted!\n"),
    Step("cleaning up: delete scalings", ["delete", "scalings", "s{run}"], stdout="INFO Scaling configuration deleted!\n"),
]

steps: list[Step] = login + users + pipelines + scalings + edits + pointers + files + runs + logs + deletes
