/** The pages of the docs that most people see, by what their pictures are called. */
const pages = {
  '': 'docs',
  'guides/start': 'docs-start',
  'guides/first-call': 'docs-first-call',
  'guides/keys': 'docs-keys',
  'guides/errors': 'docs-errors',
  'guides/settings': 'docs-settings',
  'guides/mage': 'docs-mage',
  'guides/cli': 'docs-cli',
  'reference/latchkey': 'docs-surface',
  'reference/latchkey/keys': 'docs-resource',
  'reference/latchkey/keys/createKey': 'docs-operation',
  'reference/latchkey/keys/createKey#try': 'docs-try',
  'reference/changes': 'docs-changes',
};

/** The docs of the server at `url`, and what their search finds. */
export async function takeDocs(page, url, shoot) {
  for (const [address, name] of Object.entries(pages)) {
    await page.goto(`${url}/docs/${address}`, { waitUntil: 'networkidle' });
    await shoot(name);
  }
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await page.getByRole('combobox', { name: 'Search' }).fill('rotate');
  await page.locator('#found').getByRole('option').first().waitFor();
  await shoot('docs-search');
}
