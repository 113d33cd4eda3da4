import { scalar } from './scalar.ts';

/** What one remote of the file holds. A field that is undefined is left out of the file. */
export interface Remote {
  alias?: string | undefined;
  token?: string | undefined;
  url: string;
}

/**
 * The whole of `config.yaml`, as the `pipeline` command line knows it (docs/compat/mystic.md: The client's settings).
 */
export interface Settings {
  active_remote?: string | undefined;
  remotes?: Remote[] | undefined;
}

/**
 * The bytes that PyYAML's `yaml.dump` writes for these settings: sorted keys, block style, ASCII alone, lines folded
 * after 80 columns. The two command lines share one file, and neither may leave traces in it that the other would not.
 */
export function dump({ active_remote, remotes }: Settings): string {
  const lines = active_remote === undefined ? [] : [field('active_remote', active_remote, 0)];
  if (remotes) lines.push(remotes.length === 0 ? 'remotes: []\n' : `remotes:\n${remotes.map(item).join('')}`);
  return lines.join('') || '{}\n';
}

function item({ alias, token, url }: Remote): string {
  const fields = Object.entries({ alias, token, url }).filter(([, value]) => value !== undefined);
  return fields.map(([name, value], at) => `${at === 0 ? '- ' : '  '}${field(name, value as string, 2)}`).join('');
}

function field(name: string, value: string, indent: number): string {
  const start = indent + name.length + ':'.length;
  return `${name}:${scalar(value, start, indent + 2)}\n`;
}
