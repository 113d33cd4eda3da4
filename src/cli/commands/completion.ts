import { Option } from 'commander';
import type { Command, Flag, Kind } from '../command.ts';
import { everywhere, helpFlag } from '../everywhere.ts';
import { groups } from '../groups.ts';
import { commaList } from '../input.ts';
import { clean, note, printScript } from '../output.ts';
import { Stop } from '../stop.ts';
import { listedKinds, shells, valuesOf, type Word } from '../values.ts';

const scripts: Record<string, (commands: readonly Command[]) => string> = { bash, zsh, fish };

/** Where each shell looks for it, and what else it has to be told. */
const places: Record<string, string> = {
  bash: 'mkdir -p ~/.local/share/bash-completion/completions && latchkey completion bash > ~/.local/share/bash-completion/completions/latchkey',
  zsh: 'mkdir -p ~/.zfunc && latchkey completion zsh > ~/.zfunc/_latchkey   (with fpath=(~/.zfunc $fpath) before compinit in ~/.zshrc)',
  fish: 'mkdir -p ~/.config/fish/completions && latchkey completion fish > ~/.config/fish/completions/latchkey.fish',
};

/** What a shell completes the program's words with, written from the table of commands. */
export const completion = (table: () => readonly Command[]): Command => ({
  name: 'completion',
  about: 'print what your shell completes commands, options and names with',
  arguments: [{ name: 'shell', about: 'bash, zsh or fish', isOptional: true, values: ['shells'] }],
  flags: [{ form: '--values <kinds>', about: `print what there is, a line each: ${listedKinds.join(', ')}` }],
  calls: [],
  examples: [
    'completion bash > ~/.local/share/bash-completion/completions/latchkey',
    'completion zsh > ~/.zfunc/_latchkey',
    'completion fish > ~/.config/fish/completions/latchkey.fish',
    'completion --values pointers,pipelines',
  ],
  run: async ({ words: { shell, values } }) => {
    if (values !== undefined) return printValues(values);
    if (shell === undefined) return printScript(`${Object.values(places).join('\n')}\n`);
    const script = scripts[shell];
    if (!script)
      throw new Stop('usage', `There is no completion for ${JSON.stringify(shell)}: take bash, zsh or fish.`);
    printScript(script(table()));
    if (process.stdout.isTTY) note(`\n# Put it where your shell finds it:\n#   ${places[shell]}`);
  },
});

/** A line each: the value, a tab, and what it is. */
async function printValues(kinds: string) {
  for (const kind of commaList(kinds)) {
    if (!listedKinds.includes(kind))
      throw new Stop('usage', `There is no kind ${JSON.stringify(kind)}: take ${listedKinds.join(', ')}.`);
    for (const { word, about } of await valuesOf(kind)) printScript(`${clean(word)}\t${clean(about)}\n`);
  }
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

const formsOf = ({ form, about }: Flag): Word[] => {
  const { short, long } = new Option(form);
  return [short, long].filter((word) => word !== undefined).map((word) => ({ word, about }));
};

/** The options of each command, by its name; both forms of each. */
const options = (commands: readonly Command[]): [string, Word[]][] =>
  commands.map(({ name, flags = [] }) => [name, [...flags, ...everywhere, helpFlag].flatMap(formsOf)]);

/** Where an argument stands whose values are known: the words before it, its place among all words, its kinds. */
function valued(commands: readonly Command[]): [name: string, at: number, kinds: readonly Kind[]][] {
  return commands.flatMap(({ name, arguments: its = [] }) =>
    its.flatMap(({ values }, at) =>
      values ? [[name, name.split(' ').length + 1 + at, values] as [string, number, readonly Kind[]]] : [],
    ),
  );
}

/** Kinds that the script itself holds. */
const fixed = (kinds: readonly Kind[], commands: readonly Command[]): Word[] | undefined => {
  if (kinds.includes('shells')) return shells.map((word) => ({ word, about: '' }));
  return kinds.includes('commands') ? first(commands) : undefined;
};

const joined = (words: Word[]) => words.map(({ word }) => word).join(' ');

function bash(commands: readonly Command[]): string {
  const cases = (rows: [string, Word[]][]) =>
    rows.map(([name, words]) => `    '${name}') words='${joined(words)}' ;;\n`).join('');
  const values = valued(commands).map(([name, at, kinds]) => {
    const its = fixed(kinds, commands);
    const set = its
      ? `words='${joined(its)}'`
      : `words=$("\${typed[0]}" completion --values ${kinds} 2>/dev/null | cut -f 1)`;
    return `    '${at} ${name}') ${set} ;;\n`;
  });
  return `# bash completion of latchkey
# ${placeNote('bash')}
_latchkey() {
  local -a typed=("\${COMP_WORDS[@]:0:COMP_CWORD+1}")
  # To bash a colon ends a word; to us it does not.
  if [[ "$COMP_LINE" == *:* ]]; then
    read -ra typed <<<"\${COMP_LINE:0:COMP_POINT}"
    [[ "\${COMP_LINE:0:COMP_POINT}" == *' ' ]] && typed+=('')
  fi
  local at=$((\${#typed[@]} - 1))
  local current="\${typed[at]}" words='' IFS=$' \\t\\n'
  if ((at == 1)); then
    words='${joined(first(commands))}'
  elif [[ "$current" == -* ]]; then
    case "\${typed[1]} \${typed[2]}" in
${cases(options(commands).filter(([name]) => name.includes(' ')))}    *) case "\${typed[1]}" in
${cases(options(commands).filter(([name]) => !name.includes(' ')))}    esac ;;
    esac
  else
    local place="$at \${typed[1]}"
    ((at > 2)) && place+=" \${typed[2]}"
    case "$place" in
${second(commands)
  .map(([group, words]) => `    '2 ${group}') words='${joined(words)}' ;;\n`)
  .join('')}${values.join('')}    esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  if [[ "$current" == *:* ]]; then COMPREPLY=("\${COMPREPLY[@]#"\${current%"\${current##*:}"}"}"); fi
}
complete -o bashdefault -o default -F _latchkey latchkey
`;
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
const placeNote = (shell: string) => `Made by: ${places[shell]}`;

function zsh(commands: readonly Command[]): string {
  const item = (text: string) => text.replaceAll('\\', '\\\\').replaceAll(':', '\\:');
  const list = (words: Word[]) => words.map(({ word, about }) => quoted(`${item(word)}:${about}`)).join(' ');
  const cases = (rows: [string, Word[]][]) =>
    rows.map(([name, words]) => `    '${name}') words_=(${list(words)}) ;;\n`).join('');
  const values = valued(commands).map(([name, at, kinds]) => {
    const its = fixed(kinds, commands);
    const set = its ? `words_=(${list(its)})` : `_latchkey_values ${kinds}`;
    return `    '${at + 1} ${name}') ${set} ;;\n`;
  });
  return `#compdef latchkey
# ${placeNote('zsh')}
_latchkey_values() {
  local line
  for line in "\${(@f)$("$words[1]" completion --values "$1" 2>/dev/null)}"; do
    [[ -n "$line" ]] && words_+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
}
_latchkey() {
  local -a words_
  if ((CURRENT == 2)); then
    words_=(${list(first(commands))})
  elif [[ "$words[CURRENT]" == -* ]]; then
    case "$words[2] $words[3]" in
${cases(options(commands).filter(([name]) => name.includes(' ')))}    *) case "$words[2]" in
${cases(options(commands).filter(([name]) => !name.includes(' ')))}    esac ;;
    esac
  else
    local place="$CURRENT $words[2]"
    ((CURRENT > 3)) && place+=" $words[3]"
    case "$place" in
${second(commands)
  .map(([group, words]) => `    '3 ${group}') words_=(${list(words)}) ;;\n`)
  .join('')}${values.join('')}    esac
  fi
  if ((#words_)); then _describe -V latchkey words_; else _files; fi
}
if [[ "$funcstack[1]" == _latchkey ]]; then _latchkey "$@"; else compdef _latchkey latchkey; fi
`;
}

function fish(commands: readonly Command[]): string {
  const line = (condition: string, rest: string, about = '') =>
    `complete -c latchkey -n ${quoted(condition)} ${rest}${about && ` -d ${quoted(about)}`}\n`;
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
    [...flags, ...everywhere].map(({ form, about }) => {
      const { short, long } = new Option(form);
      const forms = [short && `-s ${short.slice(1)}`, long && `-l ${long.slice(2)}`].filter(Boolean);
      return line(seen(name), forms.join(' '), about);
    }),
  );
  const values = valued(commands).map(([name, at, kinds]) => {
    const its = fixed(kinds, commands);
    const from = its ? joined(its) : `(latchkey completion --values ${kinds} 2>/dev/null)`;
    return line(`${seen(name)}; and test (count (commandline -opc)) -eq ${at}`, `-f -a ${quoted(from)}`);
  });
  const firsts = first(commands).map(({ word, about }) => line(none, `-f -a ${word}`, about));
  return [
    `# fish completion of latchkey\n# ${placeNote('fish')}\n`,
    ...firsts,
    ...subcommands,
    ...values,
    ...flags,
  ].join('');
}
