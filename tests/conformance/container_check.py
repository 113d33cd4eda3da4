"""Runs pipelines through Latchkey with the SDK: container_check.py add=URL count=URL sleep=URL broken=URL."""

from container_support import deploy, deployed, name_of, same
from pipeline.cloud.logs import get_run_logs
from pipeline.cloud.pipelines import NoResourcesAvailable, run_pipeline, stream_pipeline
from pipeline.cloud.runs import get_run, poll_for_run_completion
from pipeline.cloud.schemas.runs import RunState

add, count, sleep, broken = deployed()
nowhere = deploy("nowhere", None)

run = run_pipeline(add, 5, 4)
same("a run by id", (run.state, run.outputs_formatted()), (RunState.completed, [9]))
same("the run, read again", get_run(run.id).outputs_formatted(), [9])
same("a run by pointer", run_pipeline(name_of(add), 5, 10).outputs_formatted(), [15])

run = run_pipeline(add, -5, 5)
same("an exception", (run.state, run.error.type.value), (RunState.failed, "pipeline_error"))
same("its words", run.error.message, "ValueError('I can only sum positive integers')")
same("its traceback", run.error.traceback.splitlines()[0], "Traceback (most recent call last):")
run = run_pipeline(add, 5)
same("wrong inputs", (run.error.type.value, run.error.message), ("input_error", "Inputs do not match graph inputs"))
run = run_pipeline(broken, 5)
same("a pipeline that does not load", (run.error.type.value, run.error.message), ("startup_error", "Pipeline failed to load"))

same("a stream", [one.outputs_formatted() for one in stream_pipeline(count, 4)], [[0], [1], [2], [3]])
pieces = list(stream_pipeline(count, 9))
same("a stream with an error", [one.state for one in pieces], [RunState.running] * 5 + [RunState.failed])
same("its error", (pieces[-1].error.type.value, pieces[-1].error.message), ("pipeline_error", "Exception('dummy error')"))
same("the run, stored", get_run(pieces[-1].id).state, RunState.failed)
same("no stream", [one.error.message for one in stream_pipeline(add, 1, 1)], ["TypeError('No streaming outputs found')"])

for call in (run_pipeline, lambda *data: list(stream_pipeline(*data))):
    try:
        call(nowhere, 1)
        raise AssertionError("nobody is there, and no exception")
    except NoResourcesAvailable:
        print("ok nobody there")

run = run_pipeline(sleep, 3, async_run=True)
same("at once", run.state in (RunState.queued, RunState.running), True)
poll_for_run_completion(run.id, timeout_secs=20, interval_secs=1)
same("and later", get_run(run.id).outputs_formatted(), [3])
same("its log", get_run_logs(run.id), [])
