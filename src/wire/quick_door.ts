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
import { endWhole, linesOf, writeLines } from './whole.ts';

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
  /** Lines of its head. */
  leftTo(address: string): string;
  saidTo(origin: string | undefined): string;
}

/** An answer whose head is written, on its way. */
interface Leaving {
  request: IncomingMessage;
  response: ServerResponse;
  place: Place;
  address: string;
  its: QuickAnswer;
  id: string;
  /** When it was asked: by the clock of the day, and exactly. */
  began: number;
  exactly: number;
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

  const noted = ({ request, response, place, address, its, id, began, exactly }: Leaving) => {
    log(request, response, id, began);
    house.latency.note(performance.now() - exactly);
    house.usage.note(its.whose, { operation: place.name, status: its.status, address });
  };
  // Nothing is done between one and the next: whoever reads them would sleep meanwhile, and be woken again.
  const leave = together<Leaving>((all) => {
    for (const { response, its } of all) if (!response.destroyed) endWhole(response, its.text, its.length);
    for (const one of all) {
      // Most have left by now, and nobody has to wait for those.
      if (one.response.destroyed || one.response.writableFinished) noted(one);
      else one.response.on('close', () => noted(one));
    }
  });

  const send = (place: Place, request: IncomingMessage, response: ServerResponse, caller: Caller, its: QuickAnswer) => {
    const [began, exactly] = [Date.now(), performance.now()];
    const { address } = caller;
    const id = requestIdOf(request);
    const said = place.saidTo(request.headers.origin) + place.leftTo(address);
    writeLines(response, its.status, `x-request-id: ${id}\r\n${said}${its.lines}`, its.length);
    leave({ request, response, place, address, its, id, began, exactly });
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
    /** What every answer of the place says to an origin. */
    const said = new Map<Fields, string>();
    const saidTo = (origin: string | undefined): string => {
      const fields = shared(origin);
      const known = said.get(fields);
      if (known !== undefined) return known;
      const varied = fields.map(([field, value]): [string, string] =>
        field === 'Vary' ? [field, [value, ...quick.vary].join(', ')] : [field, value],
      );
      const lines = linesOf([...plain, ...varied]);
      said.set(fields, lines);
      return lines;
    };
    let last = { fields: {}, lines: '' };
    const leftTo = (address: string): string => {
      const fields = left?.(house, address, undefined) ?? last.fields;
      if (fields !== last.fields) last = { fields, lines: linesOf(Object.entries(fields)) };
      return last.lines;
    };
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
