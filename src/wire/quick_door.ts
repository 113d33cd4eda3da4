import type { IncomingMessage, ServerResponse } from 'node:http';
import type { House } from '../core/house.ts';
import { meeting } from './caller.ts';
import { sharedWith } from './cors.ts';
import type { Fields } from './fields.ts';
import { requestIdOf } from './request_id.ts';
import { longest, sizeOf } from './request_line.ts';
import { saidBy } from './said_by.ts';
import type { Surface } from './surface.ts';

/** What the process says on every answer, and what it writes down of one once it has left. */
export interface Said {
  plain: Fields;
  log(request: IncomingMessage, response: ServerResponse, id: string, began: number): void;
}

/**
 * Answers what is known at once, on Node's request and response, before anything is built for it; gives false for what goes the usual way, to
 * which nothing has happened then. What it says is what the usual way says, byte for byte, and so is what it counts (docs/adr/0026).
 */
export function quickDoor(house: House, surfaces: readonly Surface[], { plain, log }: Said) {
  const { config } = house;
  const meet = meeting(config);
  const places = new Map(surfaces.flatMap((surface) => placesOf(surface, house, plain)));
  if (config.development || places.size === 0) return () => false;

  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const { url = '', headers, rawHeaders } = request;
    const at = url.indexOf('?');
    const place = places.get(at < 0 ? url : url.slice(0, at));
    if (!place || request.method !== place.quick.operation.method || house.draining) return false;
    if (request.httpVersion !== '1.1' || sizeOf(rawHeaders) > longest || url.length > longest) return false;
    if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined) return false;
    if (isTwice(rawHeaders, 'authorization')) return false;
    const caller = meet(request);
    if (!caller || (config.httpsOnly && !caller.isSecure)) return false;
    const answer = place.quick.answer(request, caller);
    if (!answer) return false;

    const began = Date.now();
    const exactly = performance.now();
    const id = requestIdOf(request);
    response.on('close', () => {
      log(request, response, id, began);
      house.latency.note(performance.now() - exactly);
      house.usage.note({ ...answer.whose, operation: place.name, status: answer.status, address: caller.address });
    });
    place.leftTo(caller.address).then(
      (left) => {
        const head = ['x-request-id', id, ...place.saidTo(headers.origin)];
        for (const name of Object.keys(left)) head.push(name, left[name] as string);
        response.writeHead(answer.status, head.concat(answer.head)).end(answer.text);
      },
      () => response.destroy(),
    );
    return true;
  };
}

function placesOf(surface: Surface, house: House, plain: Fields) {
  const { contract, name, left } = surface;
  const base = contract.servers[0]?.url ?? '';
  const shared = sharedWith(house.config, saidBy(surface), surface.envelope.idHeader);
  return (surface.quick?.(house) ?? []).map((quick) => {
    const made = new Map<Fields, string[]>();
    /** What every answer of the place says to an origin. */
    const saidTo = (origin: string | undefined): string[] => {
      const fields = shared(origin);
      const known = made.get(fields);
      if (known) return known;
      const varied = fields.map(([field, value]) =>
        field === 'Vary' ? [field, [value, ...quick.vary].join(', ')] : [field, value],
      );
      const said = [...plain, ...varied].flat();
      made.set(fields, said);
      return said;
    };
    const leftTo = async (address: string) => (await left?.(house, address, undefined)) ?? {};
    return [base + quick.operation.path, { quick, name: `${name}.${quick.operation.id}`, leftTo, saidTo }] as const;
  });
}

function isTwice(rawHeaders: readonly string[], name: string): boolean {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const field = rawHeaders[at] as string;
    if (field.length === name.length && field.toLowerCase() === name) count += 1;
  }
  return count > 1;
}
