import { readFileSync } from 'node:fs';
import { Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { operations } from '../../generated/operations.ts';
import type { Command, Place } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/commands.ts';
import { everywhere, helpFlag } from '../../src/cli/everywhere.ts';
import { groups } from '../../src/cli/groups.ts';
import { type Known, known } from '../support/operations.ts';

// The table of commands is held against the contracts: what it calls, sends and shows is there, and nothing is missing.

const placesOf = ({ arguments: its = [], flags = [], sends = [] }: Command): Place[] =>
  [...its.map(({ to }) => to), ...flags.map(({ to }) => to), ...sends].filter((place) => place !== undefined);

/** What of a command is wrong, in words. */
function complaints(command: Command): string[] {
  const all = command.calls.map((id) => ({ id, operation: known(id) }));
  const missing = all.filter(({ operation }) => !operation).map(({ id }) => `there is no operation ${id}`);
  const operation = all[0]?.operation;
  if (!operation) return missing;
  const places = placesOf(command);
  const isThere = (place: Place) => {
    const [part, name = ''] = place.split('.') as [keyof Known['places'], string];
    return operation.places[part].has(name);
  };
  const given: Place[] = [
    ...(command.arguments ?? []).map(({ to }) => to),
    ...(command.flags ?? []).filter(({ isRequired }) => isRequired).map(({ to }) => to),
    ...(command.sends ?? []),
  ].filter((place) => place !== undefined);
  return [
    ...missing,
    ...places.filter((place) => !isThere(place)).map((place) => `${operation.id} takes no ${place}`),
    ...operation.required
      .filter((place) => !given.includes(place as Place))
      .map((place) => `${operation.id} needs ${place}`),
    ...(command.columns ?? [])
      .filter(([, attribute]) => !operation.shown.has(attribute))
      .map(([, attribute]) => `${operation.id} shows no ${attribute}`),
  ];
}

describe('the table of commands', () => {
  it.each(commands.map((command) => [command.name, command] as const))('%s: agrees with the contract', (_, command) => {
    expect(complaints(command)).toEqual([]);
  });

  it('calls every kind of thing that there is', () => {
    const called = new Set(commands.flatMap(({ calls }) => calls));
    for (const id of called) expect(operations).toHaveProperty(id);
    expect(called.size).toBeGreaterThan(18);
  });

  it('a check of it can fail', () => {
    const [list] = commands.filter(({ name }) => name === 'pipelines list');
    const [create] = commands.filter(({ name }) => name === 'pipelines create');
    const [use] = commands.filter(({ name }) => name === 'pointers delete');
    const wrong = [
      { ...list, calls: ['listSwords'] },
      { ...list, flags: [{ form: '--name <n>', about: '', to: 'query.sword' }] },
      { ...list, columns: [['SWORD', 'sword']] },
      { ...create, sends: [] },
      { ...use, arguments: [] },
    ] as Command[];
    expect(wrong.map(complaints)).toEqual([
      ['there is no operation listSwords'],
      ['listPipelines takes no query.sword'],
      ['listPipelines shows no sword'],
      ['createPipeline needs body.input_variables', 'createPipeline needs body.output_variables'],
      ['deletePointer needs path.pointer'],
    ]);
  });

  it('every command has an example of its own, with options that it has', () => {
    for (const { name, examples, flags = [] } of commands) {
      const forms = [...flags, ...everywhere, helpFlag].map(({ form }) => new Option(form));
      const options = forms.flatMap(({ short, long }) => [short, long]);
      expect(examples.length, name).toBeGreaterThan(0);
      for (const example of examples) {
        expect(example.startsWith(name), example).toBe(true);
        // Quoted text is no option; nor is what another program gets.
        const words =
          example
            .replace(/'[^']*'|"[^"]*"/g, '')
            .split('|')[0]
            ?.split(/\s+/) ?? [];
        for (const word of words.filter((word) => /^-./.test(word))) expect(options, example).toContain(word);
      }
    }
  });

  it('every command belongs to a group, or stands alone', () => {
    for (const { name } of commands) expect(name).toMatch(/^[a-z]+( [a-z]+)?$/);
    const used = new Set(commands.filter(({ name }) => name.includes(' ')).map(({ name }) => name.split(' ')[0]));
    expect([...used].sort()).toEqual(Object.keys(groups).sort());
  });

  it('docs/cli.md knows every command, every option and no other', () => {
    const docs = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');
    for (const { name, flags = [] } of commands) {
      expect(docs).toContain(`latchkey ${name}`);
      for (const { form } of flags) expect(docs, `${name} ${form}`).toContain(new Option(form).long);
    }
    const all = new Set(commands.map(({ name }) => name));
    const shown = [...docs.matchAll(/^(?:\$ )?(?:npx )?latchkey ([a-z]+)(?: ([a-z]+))?/gm)];
    expect(shown.length).toBeGreaterThan(20);
    for (const [line, first, second] of shown)
      expect(all.has(`${first}`) || all.has(`${first} ${second}`), line).toBe(true);
  });
});
