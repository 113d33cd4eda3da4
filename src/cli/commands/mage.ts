import type { Command, Given } from '../command.ts';
import { bring, Other, type Tell } from '../mage/bring.ts';
import { mageCall, Refusal } from '../mage/mage_call.ts';
import type { Left, Plan } from '../mage/plan.ts';
import { readProject } from '../mage/read_project.ts';
import { secretsIn } from '../mage/secrets_in.ts';
import { print, printJson } from '../output.ts';
import { Stop } from '../stop.ts';

/** What is for those who come from Mage. It calls the Mage surface, whose operations other surfaces have by the same names. */
export const mage: Command[] = [
  {
    name: 'mage import',
    about: "bring a project folder of Mage's here: pipelines, blocks, variables and triggers",
    arguments: [{ name: 'folder', about: 'the project, where its metadata.yaml is' }],
    flags: [
      { form: '--dry-run', about: 'only say what would be done' },
      { form: '--inactive', about: 'switch the triggers off that are brought' },
    ],
    calls: [],
    examples: ['mage import ./project --dry-run', 'mage import ./project', 'mage import ./project --inactive'],
    run: importProject,
  },
];

interface Count {
  created: string[];
  updated: string[];
  unchanged: string[];
}

async function importProject({ words, switches, isJson }: Given): Promise<void> {
  const { folder = '' } = words;
  const tries = switches.has('dry-run');
  const plan = readProject(folder);
  if (switches.has('inactive'))
    for (const { made } of plan.pipelines.flatMap((one) => one.triggers)) made.status = 'inactive';
  const left = [...plan.left, ...(await secretsLeft(plan))];
  const count: Count = { created: [], updated: [], unchanged: [] };
  const tell: Tell = (done, what, more = []) => {
    count[done].push(what);
    if (isJson || done === 'unchanged') return;
    const which = more.length > 0 ? `: ${more.join(', ')}` : '';
    print(`${tries ? 'Would have ' : ''}${tries ? done : capital(done)} ${what}${which}`);
  };
  let failed = 0;
  for (const pipeline of plan.pipelines) {
    try {
      await bring(pipeline, tries, tell);
    } catch (error) {
      if (!(error instanceof Refusal || error instanceof Other)) throw error;
      failed += 1;
      left.push({ what: `pipelines/${pipeline.uuid}, from here on`, why: error.message.replace(/\.$/, '') });
    }
  }
  if (isJson) printJson(JSON.stringify({ ...count, left }));
  else sum(count, left, tries);
  if (failed > 0)
    throw new Stop('refused', `The server refused something of ${failed} of ${plan.pipelines.length} pipelines.`);
}

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

function sum({ created, updated, unchanged }: Count, left: readonly Left[], tries: boolean): void {
  print(
    `${created.length} created, ${updated.length} updated, ${unchanged.length} unchanged${tries ? ', if it were done' : ''}.`,
  );
  if (left.length > 0) print('Not brought, or not as it was:');
  for (const { what, why } of left) print(`  ${what}: ${why}`);
}

/** Secrets that blocks ask for and nobody has made here: a project's folder does not hold them. */
async function secretsLeft({ pipelines }: Plan): Promise<Left[]> {
  const asked = secretsIn(pipelines);
  if (asked.length === 0) return [];
  const { secrets } = await mageCall('GET', ['secrets'], undefined, '&_limit=10000');
  const there = new Set((secrets as { name: string }[]).map(({ name }) => name));
  return asked
    .filter((name) => !there.has(name))
    .map((name) => ({
      what: `the secret ${JSON.stringify(name)}`,
      why: 'its value is not in the folder: POST /api/secrets',
    }));
}
