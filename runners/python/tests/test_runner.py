"""What of the runner needs no server: `python3 -m unittest discover -s tests` in runners/python."""

import datetime
import os
import pickle
import tempfile
import threading
import unittest

from latchkey_runner import sql, values
from latchkey_runner.block_process import Stopped, run_process
from latchkey_runner.graph import Graph
from latchkey_runner.masking import Mask, stars
from latchkey_runner.settings import Mistake, read_settings


def block_of(content="", **its):
    block = dict(uuid="b1", type="custom", language="python", content=content, upstream_blocks=[], configuration={})
    return {**block, "retries": {}, "timeout": None, "status": "initial", "tries": 0, **its}


class Processes(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.folder = self._folder.name
        self.place = os.path.join(self.folder, "place")
        os.mkdir(self.place)
        self.lines = []

    def tearDown(self):
        self._folder.cleanup()

    def job(self, block, **its):
        job = dict(mode="block", block=block, place=self.place, inputs=[], conditions=[], event={}, variables={"env": "mine", "a": 1})
        job.update(execution_date="2026-11-25T20:31:48.048233+00:00", execution_partition="1/x", interval=None)
        job.update(pipeline_run_id=3, pipeline_run={"id": 3}, pipeline_uuid="etl", trigger_name="api1", env="prod", secrets={})
        job.update(folder=self.folder, connections="", memory_mb=512, cpu_seconds=0, seconds=20, sensor_seconds=0.01, attempt=1)
        return {**job, **its}

    def run_block(self, block, stopping=None, **its):
        heard = lambda level, line: self.lines.append((level, line))  # noqa: E731
        return run_process(self.job(block, **its), heard, stopping or threading.Event())

    def error_of(self, content, **its):
        end = self.run_block(block_of(content), **its)
        self.assertEqual(end["status"], "failed")
        return end["error"]["error"]

    def given(self, *values_given):
        paths = []
        for number, outputs in enumerate(values_given):
            path = os.path.join(self.folder, f"from_{number}")
            os.mkdir(path)
            for at, value in enumerate(outputs):
                with open(os.path.join(path, f"output_{at}.pickle"), "wb") as file:
                    pickle.dump(value, file)
            paths.append(path)
        return paths

    def test_keywords_as_mage_gives_them(self):
        code = "@custom\ndef give(*args, **kwargs):\n    kwargs.pop('logger')\n    kwargs.pop('execution_date')\n    return [kwargs]"
        end = self.run_block(block_of(code, configuration={"c": 1}), event={"e": 2, "a": 3}, variables={"env": "mine", "a": 1})
        expected = dict(block_uuid="b1", configuration={"c": 1}, context={}, ds="2026-11-25", env="prod", event={"e": 2, "a": 3})
        expected.update(execution_partition="1/x", hr="20", pipeline_run_id=3, pipeline_uuid="etl", repo_path=self.folder)
        expected.update(retry={"attempts": 1}, trigger_name="api1", e=2, a=1)
        self.assertEqual(end["outputs"][0]["value"], expected)

    def test_times(self):
        code = "@custom\ndef give(*args, **kwargs):\n    return [kwargs['execution_date'], kwargs['interval_start_datetime'], kwargs['interval_seconds']]"
        interval = {"start": "2026-11-25T20:00:00+00:00", "end": "2026-11-25T21:00:00+00:00", "previous": None, "seconds": 3600}
        end = self.run_block(block_of(code), interval=interval)
        self.assertEqual([one["text_data"] for one in end["outputs"]], ["2026-11-25 20:31:48.048233+00:00", "2026-11-25 20:00:00+00:00", "3600"])

    def test_arguments(self):
        inputs = self.given([[1, 2, 3]], ["text"], [1, {"k": "v"}], [])
        end = self.run_block(block_of("@custom\ndef give(*args):\n    return [args]"), inputs=inputs)
        self.assertEqual(end["outputs"][0]["text_data"], "([1, 2, 3], 'text', [1, {'k': 'v'}], [])")

    def test_arguments_that_do_not_fit(self):
        two = self.given([1], [2])
        self.assertIn("too many input arguments. It expected to have 1 arguments, but received 2", self.error_of("@custom\ndef give(a):\n    pass", inputs=two))
        self.assertIn("takes 0 positional arguments but 2 were given", self.error_of("@custom\ndef give(**kwargs):\n    pass", inputs=two))
        missing = self.error_of("@custom\ndef give(a, b, c):\n    pass", inputs=two)
        self.assertIn("may be missing upstream dependencies. It expected to have 3 arguments, but only received 2", missing)

    def test_decorators(self):
        self.assertIn("does not have any decorated functions", self.error_of("def give():\n    pass"))
        self.assertIn("decorated with @custom", self.error_of("@transformer\ndef give():\n    pass"))
        end = self.run_block(block_of("@custom\ndef one():\n    return 1\n@custom\ndef two():\n    return 2"))
        self.assertEqual(end["outputs"][0]["value"], 1)

    def test_what_a_process_leaves(self):
        self.assertEqual(self.error_of("import sys\n@custom\ndef give():\n    sys.exit(3)"), "The block called exit(3)")
        self.assertEqual(self.error_of("import os\n@custom\ndef give():\n    os._exit(3)"), "The block's process ended with code 3")
        self.assertIn("was killed", self.error_of("import os\n@custom\ndef give():\n    os.kill(os.getpid(), 9)"))
        cpu = self.error_of("@custom\ndef give():\n    while True:\n        pass", cpu_seconds=1)
        self.assertEqual(cpu, "The block used more than 1 seconds of the processor")

    def test_what_it_has_started_ends_with_it(self):
        code = "import subprocess\n@custom\ndef give():\n    return subprocess.Popen(['sleep', '600']).pid"
        pid = self.run_block(block_of(code))["outputs"][0]["value"]
        for _ in range(100):
            try:
                with open(f"/proc/{pid}/stat") as file:
                    if file.read().split()[2] == "Z":
                        return
            except FileNotFoundError:
                return
            threading.Event().wait(0.05)
        self.fail("it goes on")

    def test_stopping(self):
        stopping = threading.Event()
        threading.Timer(1, stopping.set).start()
        with self.assertRaises(Stopped):
            self.run_block(block_of("import time\n@custom\ndef give():\n    time.sleep(60)"), stopping)

    def test_the_runners_key_is_not_there(self):
        os.environ["LATCHKEY_API_KEY"] = "mgp_secret"
        self.addCleanup(os.environ.pop, "LATCHKEY_API_KEY")
        end = self.run_block(block_of("import os\n@custom\ndef give():\n    return os.environ.get('LATCHKEY_API_KEY') or 'none'"))
        self.assertEqual(end["outputs"][0]["value"], "none")

    def test_lines(self):
        code = "import sys\n@custom\ndef give(**kwargs):\n    print('out')\n    print('err', file=sys.stderr)\n    kwargs['logger'].warning('careful')\n    print('x' * 40000)"
        self.run_block(block_of(code))
        self.assertIn(("INFO", "out"), self.lines)
        self.assertIn(("INFO", "err"), self.lines)
        self.assertIn(("WARNING", "careful"), self.lines)
        self.assertEqual(sum(len(line) for _, line in self.lines if line.startswith("xx")), 40000)

    def test_sql(self):
        connections = os.path.join(self.folder, "connections.ini")
        with open(connections, "w") as file:
            file.write(f"[here]\nurl = sqlite:///{self.folder}/here.db\n")
        text = "create table t (n); insert into t values (1), ({{ a }} + 1); -- a comment; \nselect sum(t.n) + max(df_1.m) as s from t, {{ df_1 }} as df_1 where ';' = ';'"
        inputs = self.given([[{"m": 10}, {"m": 20}]])
        block = block_of(text, language="sql", configuration={"connection": "here"})
        end = self.run_block(block, inputs=inputs, connections=connections, memory_mb=0)
        self.assertEqual(end["status"], "completed", end)
        told = end["outputs"][0]
        self.assertIn("26", told.get("text_data") or str(told["sample_data"]["rows"]))
        other = self.run_block(block_of("select 1", language="sql", configuration={"connection": "nowhere"}), connections=connections)
        self.assertIn("There is no connection nowhere", other["error"]["error"])


class Values(unittest.TestCase):
    def test_outputs(self):
        self.assertEqual(values.outputs_of([1, 2]), [1, 2])
        self.assertEqual(values.outputs_of((1, {"k": 2})), [1, {"k": 2}])
        self.assertEqual(values.outputs_of(None), [])
        self.assertEqual(values.argument_of([]), [])

    def test_shown(self):
        self.assertEqual(values.shown({"a": 1, "b": [1, 2]}), {"type": "table", "sample_data": {"columns": ["a", "b"], "rows": [[1, [1, 2]]]}, "shape": [1, 2], "value": {"a": 1, "b": [1, 2]}})
        self.assertEqual(values.shown(float("nan")), {"type": "text", "text_data": "nan"})
        mixed = values.shown({"n": None, "t": datetime.date(2026, 1, 2), "s": {1}, "u": (1, 2)})
        self.assertEqual(mixed["sample_data"]["rows"], [[None, "2026-01-02", [1], [1, 2]]])
        self.assertNotIn("value", mixed)
        self.assertEqual(values.shown("a\0b\ud800")["text_data"], "a\ufffdb?")
        self.assertLess(len(str(values.shown({"a": "x" * 1_000_000}))), 2_000)

    def test_deep(self):
        deep = value = []
        for _ in range(500):
            value.append([])
            value = value[0]
        self.assertNotIn("value", values.shown(deep))

    def test_frames(self):
        try:
            import pandas
        except ImportError:
            self.skipTest("pandas is not there")
        frame = pandas.DataFrame({"x": [1, 2], "y": ["q", None], "t": [pandas.Timestamp("2026-01-02"), pandas.NaT]})
        self.assertEqual(values.shown(frame), {"type": "table", "shape": [2, 3], "sample_data": {"columns": ["x", "y", "t"], "rows": [[1, "q", "2026-01-02T00:00:00"], [2, None, None]]}})
        large = values.shown(pandas.DataFrame({"x": ["y" * 1000] * 5000}))
        self.assertEqual(large["shape"], [5000, 1])
        self.assertLess(len(large["sample_data"]["rows"]), 201)


class Graphs(unittest.TestCase):
    def test_order(self):
        graph = Graph([block_of(uuid="a"), block_of(uuid="b"), block_of(uuid="c", upstream_blocks=["a", "b"])])
        self.assertEqual([one["uuid"] for one in graph.ready()], ["a", "b"])
        for uuid in "ab":
            graph.begin(uuid)
            graph.end(uuid, "completed")
        self.assertEqual([one["uuid"] for one in graph.ready()], ["c"])

    def test_what_comes_after(self):
        graph = Graph([block_of(uuid="a"), block_of(uuid="b", upstream_blocks=["a"]), block_of(uuid="c", upstream_blocks=["b"]), block_of(uuid="d")])
        graph.end("a", "condition_failed")
        self.assertEqual(graph.status, {"a": "condition_failed", "b": "condition_failed", "c": "condition_failed", "d": "initial"})

    def test_blocks_without_a_part(self):
        graph = Graph([block_of(uuid="a", status=None), block_of(uuid="b", upstream_blocks=["a"])])
        self.assertEqual([one["uuid"] for one in graph.ready()], ["b"])


class Words(unittest.TestCase):
    def test_masks(self):
        mask = Mask({"k": 'hush "quoted"\nsecond line', "n": "12345", "short": "ab"})
        self.assertEqual(mask.text('hush "quoted" and second line'), f"{stars} and {stars}")
        self.assertEqual(mask.value({"a": ["12345", 12345, "ab"]}), {"a": [stars, stars, "ab"]})
        self.assertTrue(mask.is_in(b"... second line ..."))

    def test_statements(self):
        self.assertEqual(sql.statements("select ';' -- a;b\n; select \"a;b\" /* ; */; "), ["select ';'", 'select "a;b"'])

    def test_settings(self):
        with tempfile.TemporaryDirectory() as work:
            environment = {"LATCHKEY_URL": "http://localhost:1/", "LATCHKEY_API_KEY": " mgp_x\n"}
            settings = read_settings(["--work", work], environment)
            self.assertEqual((settings.url, settings.key, settings.runs), ("http://localhost:1", "mgp_x", 4))
            for flags, its in ((["--runs", "0"], {}), (["--nonsense"], {}), ([], {"LATCHKEY_URL": "localhost"}), ([], {"LATCHKEY_API_KEY": "a b"}), (["--seconds", "inf"], {})):
                with self.assertRaises(Mistake):
                    read_settings(["--work", work, *flags], {**environment, **its})


if __name__ == "__main__":
    unittest.main()
