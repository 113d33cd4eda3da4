import type { Method, Surface } from '../../../scripts/clients/model.js';
import { unvaried } from '../varying.ts';
import { distance, documentedOf, type Example, ofWhatIsDone } from './documented.ts';

/** Where the answer to what an example asks is not the documented one: its status, its media type, and what is in it. */
export async function differences(
  surface: Surface,
  method: Method,
  name: string,
  response: Response,
): Promise<string[]> {
  const { answer } = method;
  const text = await response.text();
  if (String(response.status) !== answer.status) return [`${response.status} ${text.slice(0, 300)}`];
  if (answer.kind === 'none') return text === '' ? [] : [`no body is documented: ${text.slice(0, 300)}`];
  const documented = documentedOf(surface, method, response.status);
  const type = (response.headers.get('content-type') ?? '').replace(/;.*/, '');
  if (!documented?.types.some((one) => one === type || (one === '*/*' && type !== ''))) return [`the type is ${type}`];
  if (answer.kind === 'events' || type === 'text/event-stream') return eventsApart(String(answer.example), text);
  if (answer.kind === 'bytes') return text === '' ? ['no bytes'] : [];
  const done = ofWhatIsDone(documented.examples);
  const same = done.filter(([one]) => one === name);
  const accepted = same.length > 0 ? same : done;
  if (answer.kind !== 'lines') return distance(accepted, JSON.parse(text));
  const given = accepted.length > 0 ? accepted : [['example', answer.example] as Example];
  const lines = linesOf(text, '\n').map((line): Example => ['', JSON.parse(line)]);
  // A stream shows some of what it has, as a list does.
  return given.flatMap(([, one]) => nearest(lines, one));
}

/** How far the nearest of the answered things is from a documented one. */
const nearest = (answered: Example[], documented: unknown) =>
  answered.map(([, one]) => distance([['', documented]], one)).sort((one, other) => one.length - other.length)[0] ?? [
    'nothing is answered',
  ];

const linesOf = (text: string, between: string) => text.split(between).filter((line) => line.trim() !== '');

/** A stream has the documented events, each with the fields of one of them. */
function eventsApart(documented: string, answered: string): string[] {
  const form = (event: string) => unvaried(event.trim()).replaceAll(/^id: \d+$/gm, 'id: <number>');
  const known = linesOf(documented, '\n\n').map(form);
  const found = linesOf(answered, '\n\n').map(form);
  return [
    ...found.filter((event) => !known.includes(event)).map((event) => `is not documented: ${event}`),
    ...known.filter((event) => !found.includes(event)).map((event) => `is not answered: ${event}`),
  ];
}
