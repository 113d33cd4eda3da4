import { IncomingMessage, ServerResponse } from 'node:http';
import express, { type Express, type Request, type Response } from 'express';
import type { Operation } from '../contract/contract.ts';
import type { Failure } from '../contract/failure.ts';
import { writeJson } from '../contract/json.ts';
import type { Left } from '../core/credentials/spend.ts';
import type { Principal } from '../core/principal.ts';
import type { Caller } from './caller.ts';
import { helpLink } from './help_link.ts';
import { sendJson } from './send_json.ts';

/** What is known of an answer on its way. */
export interface Locals {
  operation: Operation | undefined;
  principal: Principal | undefined;
  /** Whose key it was, where it held once. */
  holder: { accountId: number; key: string } | undefined;
  left: Left | undefined;
  refused: boolean;
}

/** The app whose settings count, how it reads a query, and the page that its refusals name, if they do. */
export interface Face {
  app: Express;
  parse(text: string | null): Request['query'];
  help: string | undefined;
}

/**
 * Node's request with Express' methods, made so at once: one whose prototype changes later is slow for as long as it lives, and all
 * of Node that handles it.
 */
export class Asked extends IncomingMessage {
  override id = '';
  override met: Caller | Failure | undefined = undefined;
  override address: string | undefined = undefined;
  /** Not a field of its own: Express' other apps say theirs in the prototype. */
  declare app: Express;
  res: Response | undefined = undefined;
  originalUrl = '';
  baseUrl = '';
  params: Record<string, unknown> = {};
  body: unknown = undefined;
  face: Face | undefined = undefined;
  private found: Request['query'] | undefined = undefined;

  /** Parsed once, when somebody asks for it. */
  get query(): Request['query'] {
    if (this.found) return this.found;
    const url = this.url ?? '';
    const at = url.indexOf('?');
    this.found = (this.face as Face).parse(at < 0 ? null : url.slice(at + 1));
    return this.found;
  }

  /** What stands before the query, as Express has it. */
  get path(): string {
    const url = this.url ?? '';
    if (url.includes('#')) return Reflect.get(express.request, 'path', this);
    const at = url.indexOf('?');
    return at < 0 ? url : url.slice(0, at);
  }

  set query(values: Request['query']) {
    this.found = values;
  }
}

/** The same of a response. */
export class Answer extends ServerResponse<IncomingMessage> {
  declare app: Express;
  face: Face | undefined = undefined;
  locals: Locals | undefined = undefined;

  /**
   * Every refusal names the page that says how to ask (RFC 8288, `rel="help"`), however it came about: 4xx, and what is refused
   * with another status than that, as Mage does with 200. What is not the caller's to mend (5xx) names none.
   */
  override writeHead(status: number, ...rest: never[]): this {
    const isRefusal = status >= 400 || this.locals?.refused === true;
    const help = this.face?.help;
    if (isRefusal && status < 500 && help !== undefined && !this.headersSent) {
      const response = this as unknown as Response;
      response.append('Link', helpLink(response.req, help, this.locals?.operation));
    }
    return super.writeHead(status, ...rest);
  }

  /** With its numbers as they came, and a line's end. */
  json(body: unknown): this {
    sendJson(this as unknown as Response, `${writeJson(body)}\n`);
    return this;
  }
}

Object.setPrototypeOf(Asked.prototype, express.request);
Object.setPrototypeOf(Answer.prototype, express.response);

/** Gives a request and its response the face of an app. */
export function face(request: Request, response: Response, its: Face): void {
  // Whatever server it came through.
  if (!(request instanceof Asked)) Object.setPrototypeOf(request, Asked.prototype);
  if (!(response instanceof Answer)) Object.setPrototypeOf(response, Answer.prototype);
  const [asked, answer] = [request as unknown as Asked, response as unknown as Answer];
  asked.app = its.app;
  asked.face = its;
  asked.res = response;
  answer.app = its.app;
  answer.face = its;
  answer.locals = { operation: undefined, principal: undefined, holder: undefined, left: undefined, refused: false };
}
