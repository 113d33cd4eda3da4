import { addressOf } from './sample.js';

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** What has a command of its own, by the values of its path and its body. */
const commands = {
  createKey: (_, { name }) => `latchkey keys create ${quoted(name)}`,
  listKeys: () => 'latchkey keys list --limit 10',
  getUsage: () => 'latchkey usage',
  listAudit: () => 'latchkey audit --limit 10',
  uploadFile: (_, { file }) => `latchkey files upload ${file}`,
  createFile: (_, { pfile }) => `latchkey files upload ${pfile}`,
};
/** Of the surface that the command line speaks. */
const ofMystic = {
  listPipelines: () => 'latchkey pipelines list --limit 10',
  getPipeline: ([id]) => `latchkey pipelines get ${id}`,
  deletePipeline: ([id]) => `latchkey pipelines delete ${id}`,
  listPointers: () => 'latchkey pointers list --limit 10',
  listRuns: () => 'latchkey runs list --limit 10',
  getRun: ([id]) => `latchkey runs get ${id}`,
  listFiles: () => 'latchkey files list --limit 10',
  getFile: ([id]) => `latchkey files get ${id}`,
  deleteFile: ([id]) => `latchkey files delete ${id}`,
};

/** A call with the command line: a command of its own, or `latchkey api`. */
export function commandOf(sample) {
  const { method, surface, path, body } = sample;
  const own =
    (surface.surface === 'mystic' && ofMystic[method.id]) ||
    (['latchkey', 'mystic'].includes(surface.surface) && commands[method.id]);
  if (own)
    return own(
      path.map(({ value }) => value),
      body ?? {},
    );
  return [`latchkey api ${method.verb} ${quoted(addressOf(sample))}`, ...bodyOf(method.body, body)].join(' ');
}

function bodyOf(about, body) {
  if (!about || body === undefined) return [];
  const { kind, media, files } = about;
  if (kind === 'json') return [`--data ${quoted(JSON.stringify(body))}`];
  if (kind === 'form')
    return Object.entries(body).map(
      ([name, value]) => `-F ${quoted(`${name}=${files.includes(name) ? '@' : ''}${value}`)}`,
    );
  const data = kind === 'lines' ? body.map((line) => JSON.stringify(line)).join('\n') : String(body);
  return [`-H 'Content-Type: ${media}'`, `--data ${quoted(data)}`];
}
