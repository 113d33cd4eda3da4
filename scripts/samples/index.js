import { commandOf } from './command.js';
import { curlOf } from './curl.js';
import { goOf } from './go.js';
import { pythonOf } from './python.js';
import { sampleOf } from './sample.js';
import { typescriptOf } from './typescript.js';

/**
 * One call of every operation in every language, by surface: `generated/samples/<surface>.json`. tests/slow/samples.test.ts runs
 * them.
 * @param {import('../clients/model.d.ts').Surface[]} model
 * @param {Map<string, import('../clients/go.js').Call>} calls how Go's client is called
 */
export function samplesOf(model, calls) {
  return Object.fromEntries(
    model.map((surface) => [
      surface.surface,
      Object.fromEntries(
        surface.resources.flatMap((resource) =>
          resource.methods.map((method) => {
            const sample = sampleOf(surface, resource, method);
            const written = {
              name: sample.names.join('.'),
              curl: curlOf(sample),
              typescript: typescriptOf(sample),
              python: pythonOf(sample),
              go: goOf(sample, calls.get(`${surface.surface} ${method.id}`)),
              cli: commandOf(sample),
            };
            return [method.id, written];
          }),
        ),
      ),
    ]),
  );
}
