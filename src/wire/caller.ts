import type { IncomingMessage } from 'node:http';
import type { Config } from '../config.ts';
import { Failure } from '../contract/failure.ts';
import { remembered } from '../core/known_texts.ts';
import { type Trust, trustOf, wayOf } from './proxies.ts';

/** Where a request comes from, and what it calls this server: the only source for limits, audit, links and guards. */
export interface Caller {
  /** An IP address. */
  address: string;
  /** This server for the world: `https://keys.example.com`. Links in answers begin with it. */
  origin: string;
  /** Whether `origin` is what the operator said it is, and not merely what the caller wrote. */
  isPublic: boolean;
  /** Whether it was asked by https, as the trusted proxies say. */
  isSecure: boolean;
}

type Doors = Pick<Config, 'publicUrl' | 'trustedProxies' | 'requireUserAuthentication'>;

declare module 'http' {
  interface IncomingMessage {
    /** Who was seen to call, or why nobody was. */
    met?: Caller | Failure | undefined;
  }
}

/** Makes what looks at each request once, before anything else does: gives whom it saw, if anybody, as `callerOf` does later. */
export function meeting(doors: Doors): (request: IncomingMessage) => Caller | undefined {
  const trusts = trustOf(doors.trustedProxies ?? '') ?? (() => false);
  return (request) => {
    try {
      const caller = look(request, doors, trusts);
      request.met = caller;
      return caller;
    } catch (thrown) {
      if (!(thrown instanceof Failure)) throw thrown;
      request.met = thrown;
      return undefined;
    }
  };
}

const closed: Doors = { publicUrl: undefined, trustedProxies: undefined, requireUserAuthentication: true };

/**
 * Who calls. Throws `invalid` for a request whose Host is none (RFC 9112 §3.2), and `forbidden` where nobody has to sign in
 * and the request is not this machine's own.
 */
export function callerOf(request: IncomingMessage): Caller {
  if (!request.met) meeting(closed)(request);
  const found = request.met;
  if (!found || found instanceof Failure) throw found;
  return found;
}

function look(request: IncomingMessage, doors: Doors, trusts: Trust): Caller {
  const named = sole(request);
  const { address, scheme, host } = wayOf(request, trusts);
  const written = host ?? named ?? `localhost:${request.socket.localPort}`;
  const asked = urlOf(named, 'http');
  // Mostly it is the same.
  const url =
    written === named && scheme !== 'https' ? asked : asked && urlOf(written, scheme === 'https' ? scheme : 'http');
  if (!url) throw notHost(`${JSON.stringify(host ?? named)} is no host`);
  const { publicUrl } = doors;
  const caller = {
    address,
    origin: publicUrl ?? url.origin,
    isPublic: publicUrl !== undefined,
    isSecure: scheme === 'https',
  };
  if (!doors.requireUserAuthentication) refuseForeign(request, caller, url.hostname, publicUrl);
  return caller;
}

/** The one Host of a request; none is for HTTP/1.0 alone. */
function sole({ rawHeaders, headers, httpVersion }: IncomingMessage): string | undefined {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  if (count > 1) throw notHost('it came more than once');
  if (count === 0 && httpVersion !== '1.0' && headers.host === undefined) throw notHost('there is none');
  return headers.host;
}

interface Place {
  origin: string;
  hostname: string;
}

/** Where this host and port is; undefined for a host that is none. No host at all is this machine. */
function urlOf(host = 'localhost', scheme: 'http' | 'https' = 'http'): Place | undefined {
  return placeOf(`${scheme}://${host}`) ?? undefined;
}

const placeOf = remembered((text): Place | null => {
  if (!/^https?:\/\/(\[[\da-f:.]+\]|[\w.~-]+)(:\d*)?$/i.test(text) || !URL.canParse(text)) return null;
  const { origin, hostname } = new URL(text);
  return { origin, hostname };
});

/**
 * Throws `invalid` for a call that did not come by https, where it has to. It is not sent on to https: whoever followed would not
 * notice that the credential had been on the wire in plain text (OWASP ASVS 5.0, 4.1.2).
 */
export function needHttps(request: IncomingMessage, { httpsOnly }: Pick<Config, 'httpsOnly'>): void {
  if (callerOf(request).isSecure || !httpsOnly) return;
  throw new Failure('invalid', 'This server is asked by https only.', { reason: { refused: 'host' } });
}

function notHost(why: string): Failure {
  return new Failure('invalid', `A request names its Host: ${why}.`, {
    reason: { refused: 'host' },
    headers: { Connection: 'close' },
  });
}

const isLoopbackName = (name: string) => /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(name);

/** Where nobody has to sign in, a page of elsewhere must not reach us through its reader's browser, by whatever name. */
function refuseForeign(request: IncomingMessage, caller: Caller, hostname: string, publicUrl: string | undefined) {
  const isOurs = isLoopbackName(hostname) || (publicUrl && new URL(publicUrl).hostname === hostname);
  if (isOurs && !isForeign(request, caller)) return;
  throw new Failure('forbidden', 'Nobody has to sign in here, so only this machine and this site are answered.', {
    reason: { refused: 'site' },
  });
}

/**
 * Whether another site made the browser ask. Browsers say so themselves in `Sec-Fetch-Site`, or else name the site in
 * `Origin`; what is no browser sends neither. Without a public URL the scheme is not compared: a proxy may have changed it.
 */
export function isForeign({ headers }: IncomingMessage, { origin, isPublic }: Caller): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  if (headers.origin === undefined) return false;
  if (!URL.canParse(headers.origin)) return true;
  const theirs = new URL(headers.origin);
  return isPublic ? theirs.origin !== origin : theirs.host !== new URL(origin).host;
}
