// What the product is made of: `npm run sbom` prints CycloneDX 1.5, `-- licences` the licences, and fails for one that nobody has agreed to.
import { spawnSync } from 'node:child_process';
import { root } from './children.js';

/** What may be part of what is run and shipped. */
const agreed =
  /^(MIT|MIT-0|ISC|0BSD|Apache-2\.0|BSD-[23]-Clause|BlueOak-1\.0\.0|Unlicense|CC0-1\.0|CC-BY-3\.0|CC-BY-4\.0|Python-2\.0|PSF-2\.0|PostgreSQL|Zlib|WTFPL|MPL-2\.0|Artistic-2\.0|SEE LICENSE IN LICENSE)$/;

const made = spawnSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev'], {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 2 ** 28,
});
if (made.status !== 0) {
  console.error(made.stderr);
  process.exit(1);
}
if (process.argv[2] !== 'licences') {
  process.stdout.write(made.stdout);
} else {
  const { components } = JSON.parse(made.stdout);
  const named = components.map(({ name, group, version, licenses = [] }) => ({
    what: `${group ? `${group}/` : ''}${name} ${version}`,
    names: licenses
      .flatMap(({ license, expression }) =>
        (expression ?? license?.id ?? license?.name ?? '').split(/ (?:OR|AND) |[()]/),
      )
      .filter(Boolean),
  }));
  const counts = new Map();
  for (const { names } of named) for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const [name, count] of [...counts].sort(([, one], [, other]) => other - one))
    console.log(`${String(count).padStart(4)}  ${name}`);
  const open = named.filter(({ names }) => !names.some((name) => agreed.test(name)));
  for (const { what, names } of open) console.error(`${what}: ${names.join(', ') || 'no licence named'}`);
  console.log(
    open.length > 0 ? `${open.length} of ${named.length} need a decision.` : `${named.length} packages, all agreed to.`,
  );
  process.exitCode = open.length > 0 ? 1 : 0;
}
