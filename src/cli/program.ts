import { Command as Commander, CommanderError, Option } from 'commander';
import { version } from '../../generated/operations.ts';
import type { Argument, Command, Flag, Given, Place } from './command.ts';
import { commands } from './commands.ts';
import { forgetCredential } from './credential.ts';
import { everywhere, helpFlag } from './everywhere.ts';
import { groups } from './groups.ts';
import { printOnly, printScript, warn } from './output.ts';
import { exitCodes, Stop } from './stop.ts';

const codes = `
Exit codes:
  0    done
  1    the server or the network refused, or a run failed
  2    the command line or the configuration file is wrong
  3    not signed in, or the token does not hold
  4    there is no such thing
  130  interrupted`;

const credentials = `
Credentials, the first that there is:
  1. the session of: latchkey login
  2. the active remote of config.yaml in $PIPELINE_DIR (~/.pipeline), see: latchkey cluster
  3. LATCHKEY_API_KEY and LATCHKEY_URL
  4. PIPELINE_API_TOKEN and PIPELINE_API_URL`;

/** Does what these arguments say, and writes in one line why it was not done; gives the exit code. */
export async function runProgram(args: string[]): Promise<number> {
  forgetCredential();
  printOnly(undefined);
  try {
    await makeProgram().parseAsync(args, { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    return codeOf(error);
  }
}

function codeOf(error: unknown): number {
  // It has said what it has to say.
  if (error instanceof CommanderError) {
    return error.exitCode === 0 || error.code === 'commander.help' ? exitCodes.ok : exitCodes.usage;
  }
  warn((error as Error).message);
  return error instanceof Stop ? error.code : exitCodes.refused;
}

/** The parser, made from the table of commands. */
function makeProgram(): Commander {
  const program = prepare(new Commander('latchkey'))
    .description('The command line of Latchkey.')
    .version(version, '-V, --version', 'print the version')
    .addHelpText('after', `${credentials}\n${codes}\n${examplesOf(['login', 'pipelines list', 'help runs create'])}`);
  for (const [name, about] of Object.entries(groups)) {
    prepare(program.command(name)).description(about);
  }
  for (const command of commands) add(program, command);
  return program;
}

function prepare(commander: Commander): Commander {
  return commander
    .exitOverride()
    .helpOption(helpFlag.form, helpFlag.about)
    .helpCommand(false)
    .allowExcessArguments(false)
    .showSuggestionAfterError()
    .configureOutput({
      // Help that nobody asked for, where a command is missing, is help all the same.
      writeErr: printScript,
      outputError: (text) => warn(text.replace(/^error: /, '').trim()),
    });
}

function add(program: Commander, command: Command) {
  const words = command.name.split(' ');
  const last = words.pop() as string;
  const parent = program.commands.find((group) => group.name() === words[0]) ?? program;
  const leaf = prepare(parent.command(last)).description(command.about);
  const { arguments: its = [], flags = [], examples } = command;
  for (const argument of its) leaf.argument(formOf(argument), argument.about);
  const lists: Given['lists'] = {};
  for (const flag of flags) leaf.addOption(optionOf(flag, flags, lists));
  for (const { form, about } of everywhere) leaf.option(form, about);
  leaf.addHelpText('after', examplesOf(examples));
  leaf.action(async (...typed: unknown[]) => {
    const texts = typed.slice(0, its.length) as (string | undefined)[];
    const opts = leaf.opts();
    printOnly(opts.select);
    await command.run(await gather(its, texts, flags, opts, lists), (words) => help(program, words));
  });
}

/** Prints the help of what these words name; what they do not name is the mistake that it is anywhere else. */
async function help(program: Commander, words: string[]) {
  let at = program;
  for (const word of words) {
    const next = at.commands.find((command) => command.name() === word);
    if (!next && at.commands.length > 0) return void (await program.parseAsync(words, { from: 'user' }));
    at = next ?? at;
  }
  at.outputHelp();
}

const formOf = ({ name, isOptional }: Argument) => (isOptional ? `[${name}]` : `<${name}>`);
const examplesOf = (examples: string[]) => `\nExamples:\n${examples.map((line) => `  $ latchkey ${line}`).join('\n')}`;

/** Flags that set the same field exclude each other. */
function optionOf(flag: Flag, all: Flag[], lists: Given['lists']): Option {
  const option = new Option(flag.form, flag.about);
  const rivals = all.filter((other) => other !== flag && other.to !== undefined && other.to === flag.to);
  option.conflicts(rivals.map(({ form }) => new Option(form).attributeName()));
  if (flag.isRequired) option.makeOptionMandatory();
  if (!flag.list) return option;
  lists[flag.list] ??= [];
  const list = lists[flag.list] as [string, string][];
  return option.argParser((text) => list.push([option.name(), text]));
}

async function gather(
  its: Argument[],
  texts: (string | undefined)[],
  flags: Flag[],
  opts: Record<string, unknown>,
  lists: Given['lists'],
): Promise<Given> {
  const given: Given = {
    words: {},
    switches: new Set(),
    lists,
    path: {},
    query: {},
    body: {},
    isJson: opts.json === true || opts.select !== undefined,
  };
  for (const [at, { name, to }] of its.entries()) {
    const text = texts[at];
    if (text === undefined) continue;
    given.words[name] = text;
    put(given, to, text);
  }
  for (const flag of flags) {
    const option = new Option(flag.form);
    const typed = opts[option.attributeName()];
    if (typed === undefined || flag.list) continue;
    if (typeof typed === 'string') given.words[option.name()] = typed;
    else given.switches.add(option.name());
    put(given, flag.to, typeof typed !== 'string' ? flag.value : flag.read ? await flag.read(typed) : typed);
  }
  return given;
}

function put(given: Given, to: Place | undefined, value: unknown) {
  if (to === undefined) return;
  const [part, name] = to.split('.') as ['query', string];
  given[part][name] = value;
}
