import { resolved } from '../../clients/contract.js';
import { isRefusal, statusOf, textOf } from './answers.js';
import { examplesOf } from './contracts.js';
import { costOf } from './cost.js';
import { credentialsOf, lookOf } from './credentials.js';
import { languages } from './samples.js';
import { choicesOf, fieldsOf, insideOf, limitsOf, typeOf } from './schema_words.js';

/** The page of an operation as Markdown: the same facts, in the order in which a program reads them. */
export function operationMarkdown({ surface: { contract }, operation, samples, changes }) {
  const { summary, verb, path, event, description, params, body, answers } = operation;
  const parts = [
    `# ${summary}`,
    `\`${verb ? `${verb} ${path}` : event}\``,
    description,
    ...(verb ? ['## What it needs', needs(operation)] : []),
    ...(params.length > 0 ? ['## Parameters', params.map((param) => parameter(contract, param)).join('\n')] : []),
    ...(body ? [event ? '## What is sent' : '## Body', ...bodyParts(contract, body)] : []),
    ...(samples ? ['## Samples', ...sampleParts(samples)] : []),
    event ? '## What you answer' : '## Answer',
    ...answers.filter((one) => !isRefusal(one)).flatMap((one) => answerParts(contract, one)),
    event ? '## What else you may answer' : '## Errors',
    ...answers.filter(isRefusal).flatMap((one) => answerParts(contract, one)),
    ...(verb ? ['## Limits and cost', costOf(operation)] : []),
    ...changeParts(operation, changes),
  ];
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}

function changeParts(operation, changes) {
  const { kind, lines } = changes.of(operation);
  const all = [...(kind === 'new' ? ['This operation is new.'] : []), ...lines];
  return all.length > 0 ? [`## Changes since ${changes.version}`, all.map((line) => `- ${line}`).join('\n')] : [];
}

const fence = (text, language) => `\`\`\`${language}\n${text}\n\`\`\``;
const oneLine = (text) =>
  String(text ?? '')
    .trim()
    .replace(/\s*\n\s*/g, ' ');

function needs(operation) {
  const { open, alternatives } = credentialsOf(operation);
  const ways = alternatives.map((one) => `- ${one.map((scheme) => `\`${lookOf(scheme)}\``).join(' and ')}`);
  const scope = { any: 'Any key may.', session: 'It needs a session: an API key is refused.' }[operation.scope];
  if (ways.length === 0) return 'No credential.';
  const head = open
    ? 'No credential, or one of these:'
    : ways.length === 1
      ? 'This credential:'
      : 'One of these credentials:';
  return [head, ways.join('\n'), scope ?? `A key needs the scope \`${operation.scope}\`.`].join('\n\n');
}

function terms(contract, schema, required) {
  const { phrases, values, pattern, default: usual } = limitsOf(contract, schema);
  const code = (value) => `\`${textOf(value)}\``;
  return [
    typeOf(contract, schema),
    required && 'required',
    ...phrases,
    values &&
      `one of ${values
        .filter((value) => value !== null)
        .map(code)
        .join(', ')}`,
    pattern && `matches ${code(pattern)}`,
    usual !== undefined && `if nothing is said ${code(usual)}`,
  ]
    .filter(Boolean)
    .join('; ');
}

const parameter = (contract, { name, in: place, required, schema, description }) =>
  `- \`${name}\`, in the ${place} (${terms(contract, schema, required)}): ${oneLine(description)}`;

/** The fields by their way from the top: `limits[].per`. */
function fieldLines(contract, node, above = '', refs = []) {
  const { schema, ref } = insideOf(contract, node);
  if (refs.length >= 6 || (ref && refs.includes(ref))) return [];
  const way = ref ? [...refs, ref] : refs;
  const fields = fieldsOf(contract, schema).flatMap(({ name, required, schema: own, description }) => [
    `- \`${above}${name}\` (${terms(contract, own, required)})${description ? `: ${oneLine(description)}` : ''}`,
    ...fieldLines(
      contract,
      own,
      `${above}${name}${[resolved(contract, own)?.type].flat().includes('array') ? '[]' : ''}.`,
      way,
    ),
  ]);
  return [
    ...fields,
    ...choicesOf(contract, schema).flatMap((choice) => fieldLines(contract, choice.schema, above, way)),
  ];
}

function bodyParts(contract, { description, content }) {
  const parts = Object.entries(content).flatMap(([media, about]) => [
    `As \`${media}\`:`,
    [...new Set(fieldLines(contract, about.schema ?? {}))].join('\n'),
    ...exampleParts(contract, about),
  ]);
  return [oneLine(description), ...parts];
}

const exampleParts = (contract, about) =>
  examplesOf(contract, about).flatMap(({ name, summary, value }) => [
    name === 'example' ? '' : `${summary}:`,
    fence(textOf(value), typeof value === 'string' ? '' : 'json'),
  ]);

const answerParts = (contract, { status, description, content = {} }) => [
  `### ${statusOf(status)}`,
  oneLine(description),
  ...Object.entries(content).flatMap(([media, about]) => [`As \`${media}\`:`, ...exampleParts(contract, about)]),
];

const sampleParts = (samples) =>
  Object.entries(languages)
    .filter(([name]) => samples[name])
    .flatMap(([name, { title, grammar }]) => [`### ${title}`, fence(samples[name], grammar)]);
