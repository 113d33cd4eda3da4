import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeScratches, root, run, scratch, succeed } from '../support/scratch.ts';

afterAll(removeScratches);

/** Every file but the packages, by its path. */
function files(folder: string): Map<string, string> {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true });
  const own = paths.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return new Map(own.map((path) => [path, readFileSync(path, 'utf8')]));
}

interface Block {
  language: string;
  /** A path; of shell commands, which of the two walks they are. */
  name: string;
  text: string;
}

/** The blocks of the guide that have a name. */
function guide(): Block[] {
  const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
  const blocks = page.matchAll(/^( *)```(\w+) (\S+)\n([\s\S]*?)^\1```$/gm);
  return [...blocks].map(([, depth = '', language = '', name = '', text = '']) => ({
    language,
    name,
    text: text.replaceAll(new RegExp(`^${depth}`, 'gm'), ''),
  }));
}

/** What a guide's block of lines makes of a file: each hunk is found by the lines that stay, and is there once. */
function patched(text: string, diff: string): string {
  return diff.split('@@\n').reduce((at, hunk) => {
    const lines = hunk.split('\n').slice(0, -1);
    const side = (drop: string) =>
      lines.flatMap((line) => (line.startsWith(drop) ? [] : [`${line.slice(1)}\n`])).join('');
    expect(at.split(`\n${side('+')}`.replace(/^\n(?=import)/, '')).length).toBe(2);
    return at.replace(side('+'), () => side('-'));
  }, text);
}

/** The commands of a walk, line by line. */
function commands(walk: string): string[] {
  const typed = guide().filter(({ language, name }) => language === 'sh' && name === walk);
  return typed.flatMap(({ text }) => text.trim().split('\n'));
}

/** `npm run check`, but of its tests only those that ask every endpoint. */
const checked = (...tests: string[]) => {
  const files = tests.map((name) => `tests/${name}.test.ts`).join(' ');
  const names = 'every|fits|Sword|Shield|Spell|Wand|sword|shield|spell|wand';
  const tested = `npx vitest run ${files} -t '${names}'`;
  const policy = `npm run test:slow -- tests/slow/policy.test.ts -t '${names}'`;
  return `npm run check -- lint 'contract lint' drift types && ${policy}${files && ` && ${tested}`}`;
};

describe('the guide of docs/architecture.md', () => {
  it('by hand: each step does what it says', async () => {
    const folder = await scratch();
    const next = Math.max(...readdirSync(join(folder, 'migrations')).map((name) => Number.parseInt(name, 10))) + 1;
    let generated = false;
    for (const { language, name, text } of guide()) {
      const path = join(folder, name.replace('NNNN', String(next).padStart(4, '0')));
      if (language === 'diff') writeFileSync(path, patched(readFileSync(path, 'utf8'), text));
      else if (language !== 'sh') {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, text);
      } else if (name === 'by-hand' && !generated) {
        generated = true;
        await succeed(folder, text.trim());
        const { code, out } = await run(folder, 'npx tsc --noEmit -p .');
        expect([code, out]).toEqual([2, expect.stringContaining("Property 'listSwords' is missing")]);
      }
    }
    const [, ...typed] = commands('by-hand');
    expect(typed.pop()).toBe('npm run check');
    for (const command of [...typed, checked()]) await succeed(folder, command);
  }, 600_000);
});

describe('npm run new', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await scratch();
  }, 300_000);

  it('as the guide says it, then every surface and every type: what it wrote passes as it stands', async () => {
    const typed = commands('by-scaffold');
    expect(typed[0]).toBe('npm run new -- sword --surface mage --fields name:string,damage:integer');
    expect(typed.pop()).toBe('npm run check');
    const before = files(folder);
    for (const command of typed) await succeed(folder, command);
    const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
    for (const [path, text] of files(folder)) {
      const name = path.slice(folder.length + 1).replace(/^(migrations\/)\d+/, '$1NNNN');
      if (before.get(path) !== text && !name.startsWith('generated/')) expect(page).toContain(`| \`${name}\` |`);
    }

    const all = 'name:string,story:text,damage:integer,edge_length:number,is_magic:boolean,forged_at:time';
    const tests: string[] = [];
    for (const [name, surface] of [
      ['old_spell', 'mage'],
      ['magic_shield', 'mystic'],
      ['elder_wand', 'maiagent'],
    ]) {
      const out = await succeed(folder, `npm run new -- ${name} --surface ${surface} --fields ${all}`);
      expect(out).toContain(`npx vitest run tests/${surface}/${name}s.test.ts`);
      tests.push(`${surface}/${name}s`);
    }
    await succeed(folder, checked(...tests, 'contract', 'mage/properties', 'maiagent/properties', 'maiagent/errors'));
  }, 900_000);

  it('a test of it that fails prints what was logged meanwhile, causes included', async () => {
    const core = join(folder, 'src/core/old_spells/index.ts');
    const whole = readFileSync(core, 'utf8');
    writeFileSync(core, whole.replaceAll("context.db('old_spells')", "context.db('old_spels' as 'old_spells')"));
    const { code, out } = await run(folder, 'npx vitest run tests/mage/old_spells.test.ts -t listOldSpells');
    writeFileSync(core, whole);
    expect(code).toBe(1);
    expect(out).toContain('POST /api/old_spells 200');
    expect(out).toContain('relation "old_spels" does not exist');
  });

  const good = '--surface mage --fields name:string';
  it.each([
    ['', /What is it called\?/],
    [`two words ${good}`, /two_words/],
    [`Sword ${good}`, /Sword is no name/],
    [`swords ${good}`, /swords is not a singular: write sword/],
    [`sheep ${good}`, /sheep has no plural/],
    [`${'x'.repeat(41)} ${good}`, /at most 40/],
    [`../sword ${good}`, /is no name/],
    [`class ${good}`, /class is a word of TypeScript/],
    [`context ${good}`, /Context is a word of every endpoint/],
    [`user ${good}`, /user is a word of SQL/],
    [`pipeline ${good}`, /pipeline is taken, by src\/core\/pipelines/],
    [`permission ${good}`, /permission is taken/],
    [`operation ${good}`, /operation is taken/],
    [`page ${good}`, /page is taken/],
    [`account ${good}`, /account is taken/],
    ['sword --fields name:string', /On which surface\?.* mage, mystic, maiagent/],
    ['sword --surface elvish --fields name:string', /There is no surface elvish/],
    ['sword --surface magpipe --fields name:string', /magpipe .*no resources.*mage, mystic, maiagent/],
    ['sword --surface latchkey --fields name:string', /latchkey has no contract yet/],
    ['sword --surface constructor --fields name:string', /There is no surface constructor/],
    ['sword --surface mage', /no fields/],
    ['sword --surface mage --fields', /--fields/],
    ['sword --surface mage --fields name', /The field name has no type.*string, text, integer/],
    ['sword --surface mage --fields name:colour', /The field name has the type colour.*string, text, integer/],
    ['sword --surface mage --fields name:toString', /the type toString/],
    ['sword --surface mage --fields name:string,', /no name of a field/],
    ['sword --surface mage --fields Name:string', /Name is no name of a field/],
    ['sword --surface mage --fields order:integer', /order is a word of SQL/],
    ['sword --surface mage --fields id:integer', /id is ours/],
    ['sword --surface mage --fields to_string:text', /every object has it/],
    ['sword --surface mage --fields name:string,name:text', /name is there twice/],
    [`sword ${good} --force`, /--force/],
  ])('refused in one line, and nothing is written: %s', async (args, sentence) => {
    const before = files(folder);
    const { code, out } = await run(folder, `node scripts/new/index.js ${args}`);
    expect([code, out]).toEqual([2, expect.stringMatching(sentence)]);
    expect(out.trim().split('\n')).toHaveLength(1);
    expect(files(folder)).toEqual(before);
  });

  it('leaves nothing behind where generating fails', async () => {
    const broken = join(folder, 'openapi/mystic/tokens.yaml');
    const whole = readFileSync(broken, 'utf8');
    writeFileSync(broken, `${whole}\n]`);
    const before = files(folder);
    const { code, out } = await run(folder, 'npm run new -- helmet --surface mage --fields name:string');
    expect([code, out]).toEqual([1, expect.stringContaining('Nothing is left of it')]);
    expect(files(folder)).toEqual(before);
    writeFileSync(broken, whole);
  });
});
