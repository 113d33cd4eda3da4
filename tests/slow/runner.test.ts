import request from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BlockRunner, openRunnerHouse, type RunnerHouse, startBlockRunner } from '../support/block_runner.ts';
import type { Body } from '../support/mage.ts';

let mage: RunnerHouse;
beforeAll(async () => {
  mage = await openRunnerHouse();
});
afterAll(() => mage.close());
beforeEach(async () => {
  await mage.house.db('pipelines').delete();
});

/** Code with Mage's guarded import, as its templates have it. */
const code = (type: string, body: string) =>
  `if '${type}' not in globals():\n    from mage_ai.data_preparation.decorators import ${type}\n` +
  `if 'test' not in globals():\n    from mage_ai.data_preparation.decorators import test\n\n${body}\n`;
const block = (name: string, type: string, body: string, its = {}) => ({
  name,
  type,
  content: code(type, body),
  ...its,
});
const custom = (name: string, body: string, its = {}) => block(name, 'custom', body, its);
const parts = ({ block_runs }: Body) =>
  Object.fromEntries(block_runs.map(({ block_uuid, status }: Body) => [block_uuid, status]));
const errorOf = ({ block_runs }: Body, uuid: string): string =>
  block_runs.find(({ block_uuid }: Body) => block_uuid === uuid).metrics?.error?.error;
const returns = (value: string) => `@custom\ndef give(*args, **kwargs):\n    return ${value}`;
const leaseEnds = () => mage.house.db('runs').whereNull('ended_at').update({ leased_until: '2020-01-01T00:00:00Z' });

describe('a runner', () => {
  let runner: BlockRunner;
  beforeAll(async () => {
    runner = await mage.runner(['--memory-mb', '512', '--seconds', '5', '--sensor-seconds', '0.1']);
  });
  afterAll(() => runner.stop());

  it('runs a pipeline as Mage does: loader, transformer with a test, exporter', async () => {
    await mage.house.db('secrets').delete();
    const id = await mage.fired(
      'etl',
      block('load', 'data_loader', '@data_loader\ndef load(*args, **kwargs):\n    return [1, 2, 3], kwargs["ds"]'),
      block(
        'trans',
        'transformer',
        '@transformer\ndef t(data, *args, **kwargs):\n    print("sum", sum(data[0]))\n    return {"sum": sum(data[0]), "ds": data[1]}\n' +
          '@test\ndef there(output, *args):\n    assert output["sum"] == 6',
      ),
      block(
        'export',
        'data_exporter',
        '@data_exporter\ndef export(data, *args, **kwargs):\n    assert data["sum"] == 6',
      ),
    );
    const run = await mage.ended(id);
    expect([run.status, parts(run)]).toEqual([
      'completed',
      { load: 'completed', trans: 'completed', export: 'completed' },
    ]);
    const [load, trans] = [await mage.outputs(id, 'load'), await mage.outputs(id, 'trans')];
    expect(load.map(({ value }) => value)).toEqual([[1, 2, 3], run.execution_date.slice(0, 10)]);
    expect(trans).toMatchObject([{ type: 'table', shape: [1, 2], sample_data: { columns: ['sum', 'ds'] } }]);
    expect(await mage.outputs(id, 'export')).toEqual([]);
    expect(await mage.lines(id)).toEqual(expect.arrayContaining(['sum 6', '1/1 tests passed.']));
  });

  it('a block that raises, and a test that fails, end the run with what went wrong', async () => {
    const id = await mage.fired(
      'etl',
      custom('a', '@custom\ndef give():\n    raise ValueError("kaboom")'),
      custom('b', returns('1')),
    );
    const run = await mage.ended(id);
    expect([run.status, parts(run), errorOf(run, 'a')]).toEqual(['failed', { a: 'failed', b: 'cancelled' }, 'kaboom']);
    expect(run.block_runs[0].metrics.error.message).toContain('File "custom/a.py"');
    const tests =
      '@test\ndef one(output):\n    assert output == 1\n@test\ndef two(output):\n    assert output == 2, "no two"';
    const other = await mage.ended(await mage.fired('tests', custom('a', `${returns('1')}\n${tests}`)));
    expect(errorOf(other, 'a')).toBe('Failed to pass tests for block a');
    const lines = await mage.lines(other.id);
    expect(lines).toEqual(
      expect.arrayContaining(['FAIL: two (block: a)', 'AssertionError: no two', '1/2 tests passed.']),
    );
  });

  it('1 GiB over 512 MiB and an endless loop over 5 s have failed, and the next run begins within a second', async () => {
    const memory = await mage.ended(await mage.fired('memory', custom('a', returns('len(bytearray(1024 ** 3))'))));
    expect([memory.status, errorOf(memory, 'a')]).toEqual(['failed', 'The block took more than 512 MiB of memory']);
    const loop = await mage.ended(
      await mage.fired('loop', custom('a', '@custom\ndef give():\n    while True:\n        pass')),
    );
    expect([loop.status, errorOf(loop, 'a')]).toEqual(['failed', 'The block took longer than 5 seconds']);
    const fired = Date.now();
    const id = await mage.fired('next', custom('a', returns('1')));
    const run = await mage.ended(id);
    expect(run.status).toBe('completed');
    expect(Date.parse(run.block_runs[0].started_at) - fired).toBeLessThan(5_000);
  });

  it('branches at once; arguments in the order of what they come from', async () => {
    const waits =
      'import pathlib, time\n@custom\ndef give(*args, **kwargs):\n    here = pathlib.Path(f"{kwargs[\'folder\']}/%s")\n' +
      '    here.touch()\n    while not pathlib.Path(f"{kwargs[\'folder\']}/%s").exists():\n        time.sleep(0.02)\n    return "%s"';
    const branch = (name: string, other: string) => waits.replace('%s', name).replace('%s', other).replace('%s', name);
    const { mkdtempSync } = await import('node:fs');
    const folder = mkdtempSync('/tmp/latchkey-branches-');
    await mage.pipeline(
      'fan',
      custom('left', branch('left', 'right'), { upstream_blocks: [] }),
      custom('right', branch('right', 'left'), { upstream_blocks: [] }),
      custom('join', '@custom\ndef give(one, two):\n    return f"{one} {two}"', { upstream_blocks: ['right', 'left'] }),
    );
    const trigger = await mage.trigger('fan', { variables: { folder } });
    const id = (await mage.fire(trigger as never)).pipeline_run.id;
    expect((await mage.ended(id)).status).toBe('completed');
    expect((await mage.outputs(id, 'join'))[0].value).toBe('right left');
  });

  it('conditions, callbacks and sensors', async () => {
    await mage.pipeline('cond', custom('a', returns('1')), custom('b', returns('2')), custom('c', returns('3')));
    const more = async (name: string, type: string, content: string, upstream: string) =>
      mage.call('owner', 'POST', '/pipelines/cond/blocks', {
        block: { name, type, content, upstream_blocks: [upstream] },
      });
    await more(
      'never',
      'conditional',
      '@condition\ndef holds(*args, **kwargs):\n    return kwargs["parent_block_uuid"] != "b"',
      'b',
    );
    await more(
      'after',
      'callback',
      '@callback("success")\ndef yes(parent, **kwargs):\n    print("after", parent, kwargs["pipeline_uuid"])',
      'a',
    );
    const id = (await mage.fire((await mage.trigger('cond')) as never)).pipeline_run.id;
    const run = await mage.ended(id);
    expect([run.status, parts(run)]).toEqual([
      'completed',
      { a: 'completed', b: 'condition_failed', c: 'condition_failed' },
    ]);
    expect(await mage.lines(id)).toContain('after 1 cond');

    await mage.pipeline('bad', custom('a', '@custom\ndef give():\n    raise ValueError("kaboom")'));
    const block = {
      name: 'sorry',
      type: 'callback',
      content: '@callback("failure")\ndef no(**kwargs):\n    print("no", kwargs["__error"])',
    };
    await mage.call('owner', 'POST', '/pipelines/bad/blocks', { block: { ...block, upstream_blocks: ['a'] } });
    const bad = (await mage.fire((await mage.trigger('bad')) as never)).pipeline_run.id;
    expect((await mage.ended(bad)).status).toBe('failed');
    expect(await mage.lines(bad)).toContain('no kaboom');

    const looks =
      '_looks = []\n@sensor\ndef ready(*args, **kwargs):\n    _looks.append(1)\n    return len(_looks) == 3';
    const sensor = await mage.fired(
      'sensor',
      { name: 's', type: 'sensor', content: looks },
      custom('x', '@custom\ndef give(data):\n    return data == []'),
    );
    expect((await mage.ended(sensor)).status).toBe('completed');
    expect((await mage.outputs(sensor, 'x'))[0].value).toBe(true);
    expect((await mage.lines(sensor)).filter((line) => line.startsWith('Sensor sleeping'))).toHaveLength(2);
  });

  it('secrets reach the code, and neither the log nor what is shown', async () => {
    await mage.call('owner', 'POST', '/secrets', { secret: { name: 'k1', value: 'hush-hush "quoted"' } });
    const body = `from mage_ai.data_preparation.shared.secrets import get_secret_value
@custom
def give(*args, **kwargs):
    secret = get_secret_value('k1')
    print('it is', secret)
    return {'its': secret, 'long': len(secret)}`;
    const raises =
      '@custom\ndef give(data, *args, **kwargs):\n    assert data["its"].startswith("hush")\n    raise ValueError(data["its"])';
    const id = await mage.fired('etl', custom('a', body), custom('b', raises));
    const run = await mage.ended(id);
    expect([run.status, errorOf(run, 'b')]).toEqual(['failed', '********']);
    expect((await mage.outputs(id, 'a'))[0]).toMatchObject({ value: { its: '********', long: 18 }, pickled: null });
    for (const table of ['run_logs', 'block_outputs', 'block_runs'])
      expect(JSON.stringify(await mage.house.db(table as 'run_logs'))).not.toContain('hush');
    await mage.house.db('secrets').delete();
  });

  it('retries as the block says, and R is refused', async () => {
    const body = '@custom\ndef give(*args, **kwargs):\n    assert kwargs["retry"]["attempts"] == 3\n    return 1';
    await mage.pipeline('again', custom('a', body));
    const retry_config = { retries: 2, delay: 0, exponential_backoff: false };
    await mage.call('owner', 'PUT', '/pipelines/again/blocks/a', { block: { retry_config } });
    const id = (await mage.fire((await mage.trigger('again')) as never)).pipeline_run.id;
    expect((await mage.ended(id)).status).toBe('completed');
    const r = await mage.ended(await mage.fired('r', { name: 'a', type: 'custom', language: 'r', content: 'x <- 1' }));
    expect(errorOf(r, 'a')).toBe('Block a is written in R, which this runner does not run');
    const sql = await mage.ended(
      await mage.fired('sql', { name: 'a', type: 'custom', language: 'sql', content: 'select 1' }),
    );
    expect(errorOf(sql, 'a')).toContain('names no connection');
  });

  it('#189 blocks that may fail end what comes after them alone', async () => {
    const its = { upstream_blocks: [] };
    const fails = custom('a', '@custom\ndef give():\n    raise ValueError("kaboom")');
    await mage.pipeline('etl', fails, custom('b', returns('1')), custom('c', returns('2'), its));
    const trigger = await mage.trigger('etl', { settings: { allow_blocks_to_fail: true } });
    const run = await mage.ended((await mage.fire(trigger as never)).pipeline_run.id);
    expect([run.status, parts(run)]).toEqual(['failed', { a: 'failed', b: 'upstream_failed', c: 'completed' }]);
    expect(run.completed_at).not.toBeNull();
  });

  it('what a block raises is shown as far as there is room', async () => {
    const deep =
      '@custom\ndef give():\n    try:\n        raise ValueError("a" * 5_000_000)\n    except ValueError as first:\n        raise ValueError("b" * 5_000_000) from first';
    const run = await mage.ended(await mage.fired('etl', custom('a', deep)));
    expect([run.status, errorOf(run, 'a')]).toEqual(['failed', 'b'.repeat(10_000)]);
    const junk =
      'import os\n@custom\ndef give():\n    for fd in range(3, 200):\n        try:\n            os.write(fd, b\'{"t":"end","status":"completed","outputs":[{"type":"nonsense"}]}\\n\')\n        except OSError:\n            pass\n    return 1';
    const other = await mage.ended(await mage.fired('junk', custom('a', junk)));
    expect([other.status, (await mage.lines(other.id)).at(-1)]).toEqual([
      'failed',
      expect.stringContaining('does not take'),
    ]);
  });

  it('#131 POST /runs waits for the outputs', async () => {
    await mage.pipeline(
      'fan',
      custom('l3', returns('(1, {"k": "v"})')),
      custom('join', '@custom\ndef give(*args):\n    return len(args)'),
    );
    const { token } = await mage.trigger('fan');
    const ask = async (run: object) => (await request(mage.server).post(`/api/runs/${token}`).send({ run })).body;
    expect(await ask({ pipeline_uuid: 'fan', block_uuid: 'l3' })).toEqual({ run: { output: [1, { k: 'v' }] } });
    expect(await ask({ pipeline_uuid: 'fan', block_uuid: 'join' })).toEqual({ run: { output: [1] } });
  });

  it('a run that is cancelled is cut off within seconds, and a retry from a block has what came before', async () => {
    const waits =
      '@custom\ndef give(data, *args, **kwargs):\n    import time\n    print("at work", flush=True)\n    time.sleep(kwargs["long"])\n    return data + 1';
    await mage.pipeline('etl', custom('a', returns('41')), custom('b', waits));
    const trigger = await mage.trigger('etl', { variables: { long: 4 } });
    const id = (await mage.fire(trigger as never)).pipeline_run.id;
    await vi.waitFor(async () => expect(await mage.lines(id)).toContain('at work'), 30_000);
    await mage.call('owner', 'PUT', `/pipeline_runs/${id}`, { pipeline_run: { status: 'cancelled' } });
    const again = { pipeline_run_action: 'retry_blocks', from_block_uuid: 'b' };
    await mage.call('owner', 'PUT', `/pipeline_runs/${id}`, { pipeline_run: again });
    expect((await mage.ended(id)).status).toBe('completed');
    expect((await mage.outputs(id, 'b'))[0].value).toBe(42);
  });
});

describe('runners that end', () => {
  const long =
    '@custom\ndef give(*args, **kwargs):\n    import time\n    print("at work", flush=True)\n    time.sleep(60)';
  const atWork = (id: number, times = 1) =>
    vi.waitFor(
      async () => expect((await mage.lines(id)).filter((line) => line === 'at work')).toHaveLength(times),
      30_000,
    );

  it('killed in a block: it has failed, or begins once more where its retries say so', async () => {
    const first = await mage.runner();
    const id = await mage.fired('etl', custom('a', long));
    await atWork(id);
    expect(await first.stop('SIGKILL')).toBe('SIGKILL');
    await leaseEnds();
    const second = await mage.runner();
    const run = await mage.ended(id);
    expect([run.status, errorOf(run, 'a')]).toEqual(['failed', 'The runner was lost while the block was at work']);

    await mage.pipeline('again', custom('a', long.replace('60', 'kwargs["retry"]["attempts"] < 2 and 60')));
    await mage.call('owner', 'PUT', '/pipelines/again/blocks/a', { block: { retry_config: { retries: 1 } } });
    const other = (await mage.fire((await mage.trigger('again')) as never)).pipeline_run.id;
    await atWork(other);
    await second.stop('SIGKILL');
    await leaseEnds();
    const third = await mage.runner();
    expect((await mage.ended(other)).status).toBe('completed');
    await atWork(other, 2);
    expect(await third.stop()).toBe(0);
  });

  it('told to stop: what is at work may end, and the rest of the run is another one’s', async () => {
    const first = await mage.runner(['--grace', '20']);
    const short = long.replace('60', '1.5');
    const id = await mage.fired('etl', custom('a', short), custom('b', returns('2')));
    await atWork(id);
    expect(await first.stop()).toBe(0);
    expect(parts(await mage.run(id))).toEqual({ a: 'completed', b: 'initial' });
    // At once: it was given back, and not to one that was leaving as well.
    const given = await mage.house.db('runs').where({ pipeline_run_id: id }).first('worker', 'state');
    expect(given).toEqual({ worker: null, state: 'queued' });
    const second = await mage.runner();
    expect((await mage.ended(id)).status).toBe('completed');
    await second.stop();
  });

  it('told to stop without patience: what is at work has failed, and says why', async () => {
    const runner = await mage.runner(['--grace', '0']);
    const id = await mage.fired('etl', custom('a', long));
    await atWork(id);
    expect(await runner.stop('SIGINT')).toBe(0);
    const run = await mage.ended(id);
    expect([run.status, errorOf(run, 'a')]).toEqual(['failed', 'The runner was stopped while the block was at work']);
  });

  it('two share the work, and nothing is done twice', async () => {
    const two = [await mage.runner(['--runs', '2']), await mage.runner(['--runs', '2'])];
    await mage.pipeline('etl', custom('a', '@custom\ndef give(*args, **kwargs):\n    print("done")\n    return 1'));
    const trigger = await mage.trigger('etl');
    const ids: number[] = [];
    for (let count = 0; count < 8; count += 1) ids.push((await mage.fire(trigger as never)).pipeline_run.id);
    for (const id of ids) {
      expect((await mage.ended(id)).status).toBe('completed');
      expect((await mage.lines(id)).filter((line) => line === 'done')).toHaveLength(1);
    }
    await Promise.all(two.map((one) => one.stop()));
  });

  it('mistakes are one line, and the exit code is 2; a key that may not is 1', async () => {
    for (const [flags, env, line] of [
      [['--runs', 'none'], {}, 'argument --runs'],
      [[], { LATCHKEY_URL: '' }, 'LATCHKEY_URL is missing'],
      [[], { LATCHKEY_URL: 'ftp://x' }, 'LATCHKEY_URL is no http'],
      [[], { LATCHKEY_API_KEY: '' }, 'LATCHKEY_API_KEY is missing'],
      [['--folder', '/nowhere'], {}, '--folder: /nowhere is not there'],
    ] as const) {
      const one = await startBlockRunner(mage.address, mage.key, [...flags], env);
      expect([await one.ended, one.output().trim().split('\n').length]).toEqual([2, 1]);
      expect(one.output()).toContain(line);
    }
    const refused = await startBlockRunner(mage.address, 'mgp_wrong');
    expect(await refused.ended).toBe(1);
    expect(refused.output()).toContain('The server refuses this runner');
  });
});
