import OpenAI from 'openai';
import type { ModelPace } from './ask_model.ts';
import type { Model } from './model.ts';
import { overHttp } from './over_http.ts';

type BuildRequest = OpenAI['buildRequest'];

/** The official client, which makes the head of a request, the most of its work, once for each path: ours differ in their bodies. */
class Client extends OpenAI {
  readonly #heads = new Map<string, ReturnType<BuildRequest>>();

  override async buildRequest(...[options, about]: Parameters<BuildRequest>): ReturnType<BuildRequest> {
    const { path, body, signal } = options;
    const head = this.#heads.get(path) ?? super.buildRequest({ ...options, body: {}, signal: null }, about);
    this.#heads.set(path, head);
    const { req, ...others } = await head;
    return { ...others, req: { ...req, body: JSON.stringify(body), ...(signal && { signal }) } };
  }
}

const fetch = overHttp();

/** The client of a model. Nothing of the environment is in it, nothing is logged, and it never tries again by itself. */
export function clientOf({ baseUrl, apiKey }: Model, { answer }: ModelPace): OpenAI {
  return new Client({
    baseURL: baseUrl,
    apiKey: apiKey ?? 'none',
    ...{ organization: null, project: null, webhookSecret: null, adminAPIKey: null },
    ...(apiKey === undefined && { defaultHeaders: { Authorization: null } }),
    maxRetries: 0,
    timeout: answer,
    logLevel: 'off',
    fetch,
  });
}
