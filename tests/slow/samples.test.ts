import { afterAll, beforeAll, expect, it } from 'vitest';
import { runners } from '../support/samples/languages.ts';
import { openSamples, type Samples } from '../support/samples/samples.ts';

let samples: Samples;
beforeAll(async () => {
  samples = await openSamples();
});
afterAll(() => samples.close());

/** What the examples cannot do here, besides: the status and why. */
const otherwise: Record<string, number[]> = {
  'latchkey createPipeline': [409], // the sample before made one of that name
  'latchkey rotateKey': [409], // it was rotated by the sample before
  'latchkey reportSecretsFound': [503], // nobody is GitHub here
  'mystic startUpload': [503], // there is no registry
  'mystic_v3 openPipelineFile': [403], // an address of the past
  'mystic_v3 uploadPart': [401], // the same
  'maiagent createAttachment': [400], // the file of the example is not there
  'maiagent createPipeline': [400], // its name was taken by the sample before
  'maiagent uploadFile': [403], // a form of the past
  // What the example names is not there: in a body that is a 400, as DRF has it.
  ...Object.fromEntries(
    ['Faq', 'Chatbot', 'Contact', 'Inbox', 'WebChat', 'Conversation', 'OutgoingMessage', 'Message'].map((name) => [
      `maiagent create${name}`,
      [400],
    ]),
  ),
};

/** What may not be done with a key, and what is proved by a password or a token that the examples make up. */
function isRefusal(surface: string, id: string, status: number): boolean {
  // Mage refuses with 200, which is all that curl sees; Python and Go tell the code in the answer.
  if (surface === 'mage') return true;
  const { scope, security } = samples.method(surface, id);
  const isSession = scope === 'session' || surface === 'magpipe_auth' || /Token$|Tokens$|CliSession$/.test(id);
  if (isSession && [401, 403].includes(status)) return true;
  const isProof = security.length === 0 || surface === 'magpipe_auth';
  return isProof && [400, 401, 403, 422].includes(status);
}

const all = Object.keys(runners).flatMap((language) =>
  ['latchkey', 'mage', 'magpipe', 'magpipe_auth', 'maiagent', 'mystic', 'mystic_v3'].map(
    (surface) => [surface, language as keyof typeof runners] as const,
  ),
);

it('there are samples of every surface', () => {
  expect([...new Set(all.map(([surface]) => surface))]).toEqual([...samples.surfaces].sort());
});

it.each(all)(
  '%s: what the samples for %s say is accepted, or is not there',
  async (surface, language) => {
    const statuses = (await runners[language]?.(samples, surface)) ?? {};
    const operations = samples.of(surface, language).map(([id]) => id);
    expect(Object.keys(statuses).sort()).toEqual(operations.sort());
    const wrong = Object.entries(statuses)
      .filter(([, status]) => !(status >= 200 && status < 400) && status !== 404)
      .filter(([id, status]) => !otherwise[`${surface} ${id}`]?.includes(status) && !isRefusal(surface, id, status))
      .map(([id, status]) => `${language} ${surface} ${id} ${status}`);
    expect(wrong).toEqual([]);
  },
  180_000,
);
