// What the pictures of the account's pages need: requests, deliveries, people; and the pictures themselves.

/** Requests of a key on all sorts of paths, so that there is something to count. */
export async function furnishAccount(ask, token, key, url) {
  const call = (path) => fetch(`${url}${path}`, { headers: { Authorization: `Bearer ${key}` } });
  for (let turn = 0; turn < 40; turn += 1) await call('/v1/pipelines');
  for (let turn = 0; turn < 12; turn += 1) await call('/v1/runs');
  for (let turn = 0; turn < 5; turn += 1) await call('/v1/audit');
  await ask(token, 'POST', '/webhooks', {
    url: 'https://93.184.216.34/hooks/latchkey',
    events: ['key.created', 'key.revoked'],
    description: 'Tells the chat',
  });
  await ask(token, 'POST', '/keys', { name: 'Nightly export' });
  await ask(token, 'POST', '/invitations', { email: 'ada@example.com', role: 'editor' });
  // Counts are written every five seconds.
  for (;;) {
    const { requests } = await ask(token, 'GET', '/usage?by=day');
    if (requests > 50) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Pictures of these pages, by somebody who has signed in. */
export async function takeAccount(page, url, shoot) {
  const open = async (path, text, name) => {
    await page.goto(url + path);
    await page.locator('main').getByText(text).first().waitFor();
    await shoot(name);
  };
  await page.goto(`${url}/keys`);
  await page.getByRole('link', { name: 'Production server' }).click();
  await page.getByText('Key generated').waitFor();
  await page.locator('.chart svg').waitFor();
  await shoot('key');
  await open('/usage', 'By day', 'usage');
  await open('/usage?by=operation', 'latchkey.listPipelines', 'usage-operations');
  await open('/audit', 'Chain verified', 'audit');
  await open('/webhooks', 'Tells the chat', 'webhooks');
  await page.getByRole('button', { name: 'Add webhook' }).click();
  await page.getByLabel('Only what is chosen').check();
  await shoot('webhook-new');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('link', { name: /hooks\/latchkey/ }).click();
  await page.getByText('Request and answer').first().click();
  await page.locator('pre').first().waitFor();
  await shoot('webhook');
  await open('/members', 'ada@example.com', 'members');
  await page.getByRole('button', { name: 'Invite', exact: true }).click();
  await page.getByText('Looks at').waitFor();
  await shoot('member-new');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await open('/profile', 'First name', 'profile');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('pro');
  await page.getByRole('option', { name: /Production server/ }).waitFor();
  await shoot('palette');
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await shoot('shortcuts');
  await page.keyboard.press('Escape');
}
