import { Option } from 'commander';
import type { Command } from '../command.ts';
import { groups } from '../groups.ts';
import { printScript } from '../output.ts';
import { Stop } from '../stop.ts';

const scripts: Record<string, (commands: readonly Command[]) => string> = { bash, zsh, fish };

/** What a shell completes the program's words with, written from the table of commands. */
export const completion = (table: () => readonly Command[]): Command => ({
  name: 'completion',
  about: 'print what your shell completes commands with',
  arguments: [{ name: 'shell', about: 'bash, zsh or fish' }],
  calls: [],
  examples: [
    'completion bash > ~/.local/share/bash-completion/completions/latchkey',
    'completion zsh > ~/.zfunc/_latchkey',
    'completion fish > ~/.config/fish/completions/latchkey.fish',
  ],
  run: async ({ words }) => {
    const script = scripts[words.shell ?? ''];
    if (!script)
      throw new Stop('usage', `There is no completion for ${JSON.stringify(words.shell)}: take bash, zsh or fish.`);
    printScript(script(table()));
  },
});

interface Word {
  word: string;
  about: string;
}

/** The words that may stand first. */
const first = (commands: readonly Command[]): Word[] => [
  ...Object.entries(groups).map(([word, about]) => ({ word, about })),
  ...commands.filter(({ name }) => !name.includes(' ')).map(({ name, about }) => ({ word: name, about })),
];

/** The words that may stand second, by the first. */
const second = (commands: readonly Command[]): [string, Word[]][] =>
  Object.keys(groups).map((group) => [
    group,
    commands
      .filter(({ name }) => name.startsWith(`${group} `))
      .map(({ name, about }) => ({ word: name.slice(group.length + 1), about })),
  ]);

/** The options of each command, by its name; both forms of each. */
const options = (commands: readonly Command[]): [string, Word[]][] =>
  commands.map(({ name, flags = [] }) => [
    name,
    [
      ...flags,
      { form: '--json', about: "print the server's JSON" },
      { form: '-h, --help', about: 'print this' },
    ].flatMap(({ form, about }) => {
      const { short, long } = new Option(form);
      return [short, long].filter((word) => word !== undefined).map((word) => ({ word, about }));
    }),
  ]);

const joined = (words: Word[]) => words.map(({ word }) => word).join(' ');

function bash(commands: readonly Command[]): string {
  const cases = (rows: [string, Word[]][]) =>
    rows.map(([name, words]) => `    '${name}') words='${joined(words)}' ;;\n`).join('');
  return `# bash completion of latchkey
_latchkey() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=''
  if ((COMP_CWORD == 1)); then
    words='${joined(first(commands))}'
  elif ((COMP_CWORD == 2)) && [[ "$current" != -* ]]; then
    case "\${COMP_WORDS[1]}" in
${cases(second(commands))}    esac
  elif [[ "$current" == -* ]]; then
    case "\${COMP_WORDS[1]} \${COMP_WORDS[2]}" in
${cases(options(commands).filter(([name]) => name.includes(' ')))}    *) case "\${COMP_WORDS[1]}" in
${cases(options(commands).filter(([name]) => !name.includes(' ')))}    esac ;;
    esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o bashdefault -o default -F _latchkey latchkey
`;
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

function zsh(commands: readonly Command[]): string {
  const list = (words: Word[]) => words.map(({ word, about }) => quoted(`${word}:${about}`)).join(' ');
  const cases = (rows: [string, Word[]][]) =>
    rows.map(([name, words]) => `    '${name}') words_=(${list(words)}) ;;\n`).join('');
  return `#compdef latchkey
_latchkey() {
  local -a words_
  if ((CURRENT == 2)); then
    words_=(${list(first(commands))})
  elif ((CURRENT == 3)) && [[ "$words[CURRENT]" != -* ]]; then
    case "$words[2]" in
${cases(second(commands))}    esac
  elif [[ "$words[CURRENT]" == -* ]]; then
    case "$words[2] $words[3]" in
${cases(options(commands).filter(([name]) => name.includes(' ')))}    *) case "$words[2]" in
${cases(options(commands).filter(([name]) => !name.includes(' ')))}    esac ;;
    esac
  fi
  if ((#words_)); then _describe -V latchkey words_; else _files; fi
}
if [[ "$funcstack[1]" == _latchkey ]]; then _latchkey "$@"; else compdef _latchkey latchkey; fi
`;
}

function fish(commands: readonly Command[]): string {
  const line = (condition: string, rest: string, about: string) =>
    `complete -c latchkey -n ${quoted(condition)} ${rest} -d ${quoted(about)}\n`;
  const none = '__fish_use_subcommand';
  const seen = (name: string) =>
    name
      .split(' ')
      .map((word) => `__fish_seen_subcommand_from ${word}`)
      .join('; and ');
  const subcommands = second(commands).flatMap(([group, words]) =>
    words.map(({ word, about }) =>
      line(`${seen(group)}; and not __fish_seen_subcommand_from ${joined(words)}`, `-f -a ${word}`, about),
    ),
  );
  const flags = commands.flatMap(({ name, flags = [] }) =>
    [...flags, { form: '--json', about: "print the server's JSON" }].map(({ form, about }) => {
      const { short, long } = new Option(form);
      return line(
        seen(name),
        [short && `-s ${short.slice(1)}`, long && `-l ${long.slice(2)}`].filter(Boolean).join(' '),
        about,
      );
    }),
  );
  const firsts = first(commands).map(({ word, about }) => line(none, `-f -a ${word}`, about));
  return ['# fish completion of latchkey\n', ...firsts, ...subcommands, ...flags].join('');
}
