import { ask, Mistake, usage } from './ask.js';
import { plan } from './plan.js';
import { write } from './write.js';

/**
 * Reads what is wanted, writes it, and says what it wrote. Gives the exit code: 0, 2 for what cannot be done as it was
 * asked (nothing is written), 1 where writing failed (everything is as it was).
 * @param {string[]} args
 */
export async function main(args) {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(usage);
    return 0;
  }
  try {
    const wanted = ask(args);
    const changes = plan(wanted);
    console.log(`${wanted.names.singular}, on ${wanted.surface.name}:`);
    await write(changes);
    console.log(report(wanted, changes));
    return 0;
  } catch (thrown) {
    if (thrown instanceof Mistake) {
      console.error(thrown.message);
      return 2;
    }
    console.error([thrown.message, thrown.stdout, thrown.stderr].filter(Boolean).join('\n'));
    console.error('Nothing is left of it: every file is as it was. Mend what is said above, and run it again.');
    return 1;
  }
}

function report({ names, surface }, changes) {
  const width = Math.max(...changes.map(({ path }) => path.length));
  const lines = changes.map(
    ({ path, before, why }) => `  ${before === undefined ? 'new    ' : 'changed'}  ${path.padEnd(width)}  ${why}`,
  );
  const test = changes.find(({ path }) => path.endsWith(`${names.plural}.test.ts`)).path;
  const next = [
    [`npx vitest run ${test}`, 'passes as it stands'],
    ['npm run dev', `answers at ${surface.url(names)}, and tells of it at /docs`],
    ['npm run generate', 'after each change that you make to its contract or its table'],
    ['npm run check', 'before it lands; docs/architecture.md says what each file is for'],
  ];
  const wide = Math.max(...next.map(([command]) => command.length));
  const said = next.map(([command, why]) => `  ${command.padEnd(wide)}  ${why}`);
  return [...lines, `  rebuilt  ${'generated/'.padEnd(width)}  bundle, types, clients`, '', 'Next:', ...said].join(
    '\n',
  );
}
