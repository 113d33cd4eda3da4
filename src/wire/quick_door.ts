import type { IncomingMessage, ServerResponse } from 'node:http';
import type { House } from '../core/house.ts';
import { bodyAtHand, mayBeAtHand } from './body_at_hand.ts';
import { type Caller, meeting } from './caller.ts';
import { sharedWith } from './cors.ts';
import type { Fields } from './fields.ts';
import type { Quick, QuickAnswer } from './quick_answer.ts';
import { requestIdOf } from './request_id.ts';
import { longest, type QuickDoor, sizeOf } from './request_line.ts';
import { saidBy } from './said_by.ts';
import type { Surface } from './surface.ts';
import { together } from './together.ts';

/** What the process says on every answer, and what it writes down of one once it has left. */
export interface Said {
  plain: Fields;
  log(request: IncomingMessage, response: ServerResponse, id: string, began: number): void;
}

/** An operation that may be answered so, and what every answer of it says. */
interface Place {
  quick: Quick;
  /** As it is counted. */
  name: string;
  leftTo(address: string): Record<string, string>;
  saidTo(origin: string | undefined): readonly string[];
}

/**
 * Answers what is known at once, on Node's request and response, before anything is built for it; what is not goes the usual way, to
 * which nothing has happened then. What it says is what the usual way says, byte for byte, and so is what it counts (docs/adr/0026).
 */
export function quickDoor(house: House, surfaces: readonly Surface[], { plain, log }: Said): QuickDoor {
  const { config } = house;
  const meet = meeting(config);
  const places = new Map(surfaces.flatMap((surface) => placesOf(surface, house, plain)));
  if (config.development || places.size === 0) return (_request, _response, otherwise) => otherwise();
  const leave = together();

  const placeOf = (request: IncomingMessage): Place | undefined => {
    const { url = '', headers, rawHeaders } = request;
    const at = url.indexOf('?');
    const place = places.get(at < 0 ? url : url.slice(0, at));
    if (!place || request.method !== place.quick.operation.method || house.draining) return undefined;
    if (request.httpVersion !== '1.1' || sizeOf(rawHeaders) > longest || url.length > longest) return undefined;
    if (place.quick.operation.needsBody) return mayBeAtHand(request) ? place : undefined;
    const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
    return hasBody ? undefined : place;
  };

  const answerOf = ({ quick }: Place, request: IncomingMessage, caller: Caller, body?: unknown) =>
    isTwice(request.rawHeaders, 'authorization') || (config.httpsOnly && !caller.isSecure)
      ? undefined
      : quick.answer(request, caller, body);

  const send = (place: Place, request: IncomingMessage, response: ServerResponse, caller: Caller, its: QuickAnswer) => {
    const began = Date.now();
    const exactly = performance.now();
    const id = requestIdOf(request);
    const noted = () => {
      log(request, response, id, began);
      house.latency.note(performance.now() - exactly);
      house.usage.note({ ...its.whose, operation: place.name, status: its.status, address: caller.address });
    };
    const head = ['x-request-id', id, ...place.saidTo(request.headers.origin)];
    const left = place.leftTo(caller.address);
    for (const name of Object.keys(left)) head.push(name, left[name] as string);
    leave(() => {
      if (!response.destroyed) response.writeHead(its.status, head.concat(its.head)).end(its.text);
      // Most have left by now, and nobody has to wait for those.
      if (response.destroyed || response.writableFinished) noted();
      else response.on('close', noted);
    });
  };

  return (request, response, otherwise) => {
    const place = placeOf(request);
    const caller = place && meet(request);
    if (!place || !caller) return otherwise();
    const tell = (body?: unknown) => {
      const its = answerOf(place, request, caller, body);
      if (its) send(place, request, response, caller, its);
      else otherwise();
    };
    if (!place.quick.operation.needsBody) return tell();
    process.nextTick(() => {
      const body = bodyAtHand(request);
      if (body === undefined) otherwise();
      else tell(body);
    });
  };
}

function placesOf(surface: Surface, house: House, plain: Fields): [string, Place][] {
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
    const leftTo = (address: string) => left?.(house, address, undefined) ?? {};
    return [base + quick.operation.path, { quick, name: `${name}.${quick.operation.id}`, leftTo, saidTo }];
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
