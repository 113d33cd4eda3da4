import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import type { Operation } from '../contract/contract.ts';
import { writeJson } from '../contract/json.ts';
import type { House } from '../core/house.ts';
import { Download, sendDownload } from './download.ts';
import { pour } from './pour.ts';
import { sendJson } from './send_json.ts';
import { Streamed } from './streamed.ts';

interface Exchange {
  request: Request;
  response: Response;
  operation: Operation;
  house: House;
  isHead: boolean;
  /** The request was made under a name that the contract does not have. */
  isAlias: boolean;
}

/** Sends what an operation came to: JSON with the status that the contract names, a stream, or a file. */
export async function send(answer: unknown, exchange: Exchange): Promise<void> {
  const { request, response, operation, house, isHead, isAlias } = exchange;
  if (answer instanceof Download) return sendDownload(answer, request, response, house, isHead);
  response.status(operation.success);
  if (answer instanceof Streamed) {
    const { status = operation.success, headers, body } = answer.reply;
    response.status(status).set(headers);
    if (!isHead) return body instanceof Readable ? pipeline(body, response) : pour(body, response);
    // There may be no end of it.
    if (body instanceof Readable) body.destroy();
    else body.close();
    return void response.end();
  }
  if (answer === undefined) response.end();
  else if (isAlias) sendJson(response, `${writeJson(answer)}\n`);
  else response.json(answer);
}
