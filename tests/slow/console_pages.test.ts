import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Runner, startRuns } from '../../src/core/runs/runner.ts';
import { startWorker, type Worker } from '../../src/core/worker.ts';
import { expectFair } from '../support/axe.ts';
import { type Console, openConsole, openTab, type Tab, tabOf } from '../support/console.ts';
import { type Container, openContainer } from '../support/container.ts';
import { ownerPassword } from '../support/house.ts';
import { brisk, url as databaseUrl } from '../support/runs.ts';

const nasty = '<img src=x onerror=alert(1)>{{1}}"\'`&amp;';

let all: Console;
let container: Container;
let runner: Runner;
let worker: Worker;
let token: string;
let tab: Tab;
beforeAll(async () => {
  [all, container] = await Promise.all([openConsole({ LATCHKEY_PRIVATE_CONTAINERS: 'true' }), openContainer()]);
  runner = startRuns(all.house, { ...brisk, limit: 60_000 });
  worker = await startWorker(all.house, databaseUrl(all), undefined, { run: async () => runner.look() });
  token = (await ask('POST', '/sessions', { email: 'owner@example.com', password: ownerPassword })).access_token;
});
afterAll(async () => {
  await worker?.stop();
  await runner?.stop(0);
  all?.house.followers.close();
  await all?.close();
  await container?.close();
});
beforeEach(async () => {
  for (const table of ['runs', 'pipelines', 'api_keys', 'files']) await all.house.db(table).delete();
  container.does();
  tab = await openTab(all.browser);
});
afterEach(async () => {
  expect(tab.errors).toEqual([]);
  await tab.context.close();
});

// biome-ignore lint/suspicious/noExplicitAny: what the contract promises, looked into freely
async function ask(method: string, path: string, body?: unknown): Promise<any> {
  const headers = { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) };
  const answer = await fetch(`${all.url}/v1${path}`, { method, headers, body: body ? JSON.stringify(body) : null });
  return answer.status === 204 ? undefined : answer.json();
}
const row = (name: string) => tab.page.getByRole('row').filter({ hasText: name });
const focused = () => tab.page.evaluate('document.activeElement.textContent');

/** Opens a page as the owner. */
async function open(path: string) {
  await tab.page.goto(all.url + path);
  await tab.page.getByLabel('E-mail or username').fill('owner@example.com');
  await tab.page.getByLabel('Password').fill(ownerPassword);
  await tab.press('Sign in');
  await tab.page.locator('#main h1').waitFor();
}

/** A pipeline with a container that adds. */
async function adding(name: string): Promise<string> {
  const { id } = await ask('POST', '/pipelines', { name });
  await ask('PUT', `/pipelines/${id}/container`, { url: container.url });
  return id;
}

async function uploaded(name: string, text = 'x') {
  const form = new FormData();
  form.set('file', new Blob([text]), name);
  const headers = { Authorization: `Bearer ${token}` };
  return (await (await fetch(`${all.url}/v1/files`, { method: 'POST', headers, body: form })).json()) as { id: string };
}

describe('#13: overview', () => {
  it('figures of today, and what needs somebody with what can be done about it', async () => {
    const { page, press, button } = tab;
    const soon = new Date(Date.now() + 3 * 86_400_000).toISOString();
    await ask('POST', '/keys', { name: nasty, expires_at: soon });
    const old = await ask('POST', '/keys', { name: 'forgotten' });
    const long = new Date(Date.now() - 100 * 86_400_000).toISOString();
    await all.house.db('api_keys').where({ name: 'forgotten' }).update({ created_at: long, last_used_at: long });
    await all.house.usage.flush();
    await open('/overview');
    await page.getByText('2 things need you.').waitFor();
    expect(await page.getByRole('img', { name: /^Requests a day: [\d,]+ in all/ }).count()).toBe(1);
    await row('forgotten').getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('dialog').getByText('Revoke “forgotten”?').waitFor();
    await press('Revoke key');
    await page.getByText('“forgotten” is revoked.').waitFor();
    await expect.poll(() => row('forgotten').count()).toBe(0);
    await expect.poll(focused).toBe('Overview');
    await row(nasty).getByRole('button', { name: 'Rotate' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click();
    await button('I have saved it').waitFor();
    await press('I have saved it');
    await page.getByText(`“${nasty}” has a new secret.`).waitFor();
    expect((await ask('GET', `/keys/${old.id}`)).state).toBe('revoked');
  });
});

describe('#13: pipelines and runs', () => {
  it('a pipeline is made, given a container, run, watched, and deleted', async () => {
    const { page, press } = tab;
    await open('/pipelines');
    await page.getByText('No pipelines yet').waitFor();
    await press('Make a pipeline');
    await page.getByLabel('Name', { exact: true }).fill(nasty);
    await page.getByLabel('Tags').fill('etl nightly');
    await press('Make it');
    await page.getByRole('heading', { name: nasty, exact: true }).waitFor();
    await page.getByText('none: runs are refused').waitFor();
    await press('Attach');
    await page.getByLabel('Address').fill('ftp://nowhere');
    await press('Save');
    await page.getByRole('alert').waitFor();
    await page.getByLabel('Address').fill(container.url);
    await press('Save');
    await page.getByText(container.url).waitFor();
    await press('Run now');
    await page.getByLabel('Inputs').fill('5, 4');
    await page.getByRole('dialog').getByRole('button', { name: 'Run now' }).click();
    expect(await page.getByRole('dialog').getByRole('alert').textContent()).toContain('The inputs are no JSON');
    await page.getByLabel('Inputs').fill('[5, 4]');
    await page.getByRole('dialog').getByRole('button', { name: 'Run now' }).click();
    await page.getByRole('heading', { name: `Run of ${nasty}` }).waitFor();
    await page.getByRole('log').getByText('completed').waitFor();
    await page.getByRole('region', { name: 'Outputs' }).getByText('9', { exact: true }).waitFor();
    await page.getByText('It has ended.').waitFor();
    await press('Delete');
    await press('Delete run');
    await page.getByText('The run is deleted.').waitFor();
    await page.getByText('No runs yet').waitFor();
    await page.getByRole('link', { name: 'Pipelines', exact: true }).first().click();
    await page.getByRole('link', { name: nasty }).click();
    await press('Delete');
    await press('Delete pipeline');
    await page.getByText('No pipelines yet').waitFor();
    await expect.poll(focused).toBe('Pipelines');
  });

  it('a run that goes on is seen to begin and is cancelled; another tab sees it', async () => {
    const { page, press } = tab;
    const id = await adding('slow');
    let finish: () => void = () => undefined;
    container.does(() => new Promise<void>((resolve) => (finish = resolve)));
    await open('/runs');
    await page.getByText('No runs yet').waitFor();
    const run = await ask('POST', `/pipelines/${id}/runs`, { inputs: [] });
    await row('slow').getByText('Running').waitFor();
    const other = await tabOf(tab.context);
    await other.page.goto(`${all.url}/runs/${run.id}`);
    await other.page.getByRole('log').getByText('running').waitFor();
    await page.getByRole('link', { name: 'slow' }).click();
    await press('Cancel run');
    await press('Cancel it now');
    await page.getByText('The run is cancelled.').waitFor();
    await other.page.getByRole('region', { name: 'About it' }).getByText('Cancelled').waitFor();
    await page.goBack();
    await row('slow').getByText('Cancelled').waitFor();
    finish();
    expect(other.errors).toEqual([]);
  });

  it('a run that failed says why', async () => {
    const { page } = tab;
    const id = await adding('add');
    const run = await ask('POST', `/pipelines/${id}/runs`, { inputs: [{ type: 'integer', value: 1 }] });
    await open(`/runs/${run.id}`);
    await page.getByRole('region', { name: 'Why it failed' }).getByText('Inputs do not match graph inputs').waitFor();
  });

  it('10,000 runs: a hundred at once, more when asked, and one state of them', async () => {
    const { page, press } = tab;
    const id = await adding('many');
    const its = await all.house.db('pipelines').where({ name: 'many' }).first('id', 'account_id');
    await all.house.db.raw(
      `insert into runs (account_id, pipeline_id, inputs, async, streamed, waits, state, created_at, started_at, ended_at, compute_time_ms)
       select ?, ?, '[]', true, false, true, case when n % 100 = 0 then 'failed' else 'completed' end,
         now() - n * interval '1 minute', now() - n * interval '1 minute', now() - n * interval '1 minute', n
       from generate_series(1, 10000) n`,
      [its?.account_id, its?.id] as number[],
    );
    await open('/runs');
    await page.getByText('10,000').waitFor();
    expect(await page.locator('tbody tr').count()).toBe(100);
    await press('Show more');
    await expect.poll(() => page.locator('tbody tr').count()).toBe(200);
    await ask('POST', `/pipelines/${id}/runs`, { inputs: [] });
    await page.getByText('10,001').waitFor({ timeout: 20_000 });
    expect(await page.locator('tbody tr').count()).toBeGreaterThanOrEqual(200);
    await page.getByLabel('State').selectOption('Cancelled');
    await page.getByText('No runs in this state.').waitFor();
    await page.getByLabel('State').selectOption('Completed');
    await page.getByText('9,900').waitFor();
  });

  it('versions, pointers, triggers and the runs of blocks of a pipeline', async () => {
    const { page } = tab;
    const { id } = await ask('POST', '/pipelines', { name: nasty });
    const { db } = all.house;
    const its = await db('pipelines').where({ name: nasty }).first();
    const pipeline_id = its?.id as number;
    const [made] = await db('pipeline_schedules')
      .insert({
        ...{ pipeline_id, name: nasty, schedule_type: 'time', token: '' },
        schedule_interval: '@daily',
        status: 'active',
      })
      .returning('id');
    const account_id = its?.account_id as number;
    const run = { account_id, pipeline_id, execution_date: new Date().toISOString(), status: 'running' };
    await db('pipeline_runs').insert({
      ...run,
      pipeline_schedule_id: made?.id as number,
      started_at: run.execution_date,
    });
    await open(`/pipelines/${id}`);
    await page.getByRole('region', { name: 'Triggers' }).getByText('@daily').waitFor();
    await page
      .getByRole('region', { name: 'Versions and pointers' })
      .getByText(/:v\d+ \(locked\)/)
      .waitFor();
    await page.getByRole('region', { name: 'Runs of blocks' }).getByText('Running').waitFor();
    await page.getByRole('link', { name: 'Runs', exact: true }).click();
    await page.getByRole('tab', { name: 'Of blocks' }).click();
    await row(nasty).getByText('0 of 0 done').waitFor();
    await page.keyboard.press('ArrowLeft');
    await page.getByText('No runs yet').waitFor();
    expect(await page.locator('main img, main td b b').count()).toBe(0);
  });
});

describe('#13: files', () => {
  it('some megabytes go up with progress, by the button and by dropping; come down, and are deleted', async () => {
    const { page, press } = tab;
    await open('/files');
    await page.getByText('No files yet').waitFor();
    const client = await tab.context.newCDPSession(page);
    const speed = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 6_000_000 };
    await client.send('Network.emulateNetworkConditions', speed);
    const buffer = Buffer.alloc(8_000_000, 'latchkey ');
    const seen = page.evaluate(`new Promise((resolve) => {
      const seen = [];
      const timer = setInterval(() => {
        const bar = document.querySelector('progress');
        if (bar) seen.push(bar.value);
        else if (seen.length > 0) { clearInterval(timer); resolve(seen); }
      }, 20);
    })`) as Promise<number[]>;
    await page.setInputFiles('input[type="file"]', [
      { name: nasty.replaceAll('/', ''), mimeType: 'text/plain', buffer },
    ]);
    await page.getByText('is uploaded.').waitFor();
    const between = (await seen).filter((part) => part > 0 && part < 1);
    expect(between.length).toBeGreaterThan(0);
    await row('onerror').getByText('8 MB').waitFor();
    const dropped = await page.evaluateHandle(`(() => {
      const data = new DataTransfer();
      data.items.add(new File(['dropped'], 'dropped.txt', { type: 'text/plain' }));
      return data;
    })()`);
    await page.dispatchEvent('.drop', 'drop', { dataTransfer: dropped });
    await row('dropped.txt').getByText('7 bytes').waitFor();
    const download = page.waitForEvent('download');
    await row('dropped.txt').getByRole('link', { name: 'Download' }).click();
    expect(readFileSync(await (await download).path(), 'utf8')).toBe('dropped');
    await page.getByLabel('Find a file').fill('DROPPED');
    await expect.poll(() => row('onerror').count()).toBe(0);
    await row('dropped.txt').getByRole('button', { name: 'Delete' }).click();
    await press('Delete file');
    await page.getByText('“dropped.txt” is deleted.').waitFor();
    await page.getByText('No file has “DROPPED” in its name.').waitFor();
    await expect.poll(focused).toBe('Files');
  });

  it('an upload that fails keeps its file and is tried again; one that is stopped is none', async () => {
    const { page, press } = tab;
    await open('/files');
    await page.getByText('No files yet').waitFor();
    const give = () =>
      page.setInputFiles('input[type="file"]', [{ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('a') }]);
    await page.route('**/v1/files', (route) =>
      route.request().method() === 'POST' ? route.abort('connectionfailed') : route.continue(),
    );
    await give();
    await page.getByText('The server does not answer.', { exact: true }).waitFor();
    await page.unroute('**/v1/files');
    await page.getByRole('region', { name: 'On their way' }).getByRole('button', { name: 'Try again' }).click();
    await row('a.txt').waitFor();
    await page.route('**/v1/files', (route) => (route.request().method() === 'POST' ? undefined : route.continue()));
    await give();
    await press('Stop');
    await expect.poll(() => page.getByRole('region', { name: 'On their way' }).count()).toBe(0);
    expect(await page.locator('.away').textContent()).toBe('');
  });
});

describe('#13: each page', () => {
  const filled = async () => {
    const id = await adding(nasty);
    const run = await ask('POST', `/pipelines/${id}/runs`, {
      inputs: [
        { type: 'integer', value: 5 },
        { type: 'string', value: nasty },
      ],
    });
    await uploaded('cat.jpg');
    await ask('POST', '/keys', { name: nasty, expires_at: new Date(Date.now() + 86_400_000).toISOString() });
    return ['/overview', '/pipelines', `/pipelines/${id}`, '/runs', '/runs?triggered', `/runs/${run.id}`, '/files'];
  };

  it('says what failed, and tries again', async () => {
    const { page } = tab;
    const things = /\/v1\/(overview|pipelines|runs|triggered-runs|files)/;
    const paths = await filled();
    await open('/overview');
    for (const path of paths) {
      await page.route(things, (route) =>
        route.fulfill({ status: 500, contentType: 'application/json', body: '{"detail":"It broke."}' }),
      );
      await page.goto(all.url + path);
      await page.getByRole('alert').getByText('It broke.').first().waitFor();
      await page.unroute(things);
      await page.getByRole('button', { name: 'Try again' }).first().click();
      await expect.poll(() => page.getByRole('alert').count()).toBe(0);
    }
    await page.goto(`${all.url}/runs/run_${'0'.repeat(32)}`);
    await page.getByRole('heading', { name: 'There is no such run' }).waitFor();
    tab.errors.splice(0, tab.errors.length, ...tab.errors.filter((text) => !/status of 500/.test(text)));
  });

  it('stays where it is when the server answers', async () => {
    const { page } = tab;
    const paths = await filled();
    await open('/overview');
    await page.addInitScript(`window.shift = 0; new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.shift += entry.value;
    }).observe({ type: 'layout-shift', buffered: true });`);
    for (const [width, path] of [390, 1280].flatMap((width) => paths.map((path) => [width, path] as const))) {
      await page.setViewportSize({ width, height: 844 });
      let release: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      await page.route('**/v1/**', async (route) => {
        await held;
        await route.continue().catch(() => undefined);
      });
      await page.goto(all.url + path);
      await page.locator('#main h1').waitFor();
      release();
      await expect.poll(() => page.locator('[aria-busy="true"]').count()).toBe(0);
      // A part of a pixel, as where a time is told anew, is nothing that anybody sees.
      const moved = (await page.evaluate('window.shift')) as number;
      expect([width, path, Math.round(moved * 1000)]).toEqual([width, path, 0]);
      await page.unroute('**/v1/**');
    }
  });

  it('axe finds nothing in both themes, and nothing is wider than a phone', async () => {
    await tab.context.close();
    tab = await openTab(all.browser, { bypassCSP: true, viewport: { width: 390, height: 844 } });
    const { page, press } = tab;
    const paths = await filled();
    await open('/overview');
    for (const path of paths) {
      await page.goto(all.url + path);
      await page.locator('#main h1').waitFor();
      await expect.poll(() => page.locator('[aria-busy="true"]').count()).toBe(0);
      await expectFair(page, path);
    }
    await page.setViewportSize({ width: 390, height: 844 });
    await press('More');
    await expectFair(page, 'all pages');
    await page.keyboard.press('Escape');
    await page.goto(`${all.url}/pipelines`);
    await press('Make a pipeline');
    await expectFair(page, 'make a pipeline');
    await press('Cancel');
    await page.getByRole('link', { name: nasty }).click();
    for (const name of ['Run now', 'Change', 'Delete']) {
      await press(name);
      await expectFair(page, name);
      await press('Cancel');
    }
  });

  it('a viewer looks, and is offered nothing else', async () => {
    const { page } = tab;
    const paths = await filled();
    const { db } = all.house;
    await open('/overview');
    const [before] = await db('memberships').select('role_ids');
    const viewer = await db('roles').where({ name: 'Viewer' }).first('id');
    await db('memberships').update({ role_ids: [viewer?.id as number] });
    for (const path of paths) {
      await page.goto(all.url + path);
      await page.locator('#main h1').waitFor();
      await expect.poll(() => page.locator('[aria-busy="true"]').count()).toBe(0);
      for (const name of ['Make a pipeline', 'Run now', 'Edit', 'Delete', 'Cancel run', 'Upload', 'Attach'])
        expect([path, name, await page.locator('main').getByRole('button', { name, exact: true }).count()]).toEqual([
          path,
          name,
          0,
        ]);
    }
    await db('memberships').update({ role_ids: before?.role_ids ?? [] });
  });
});
