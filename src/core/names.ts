import { Failure } from '../contract/failure.ts';

/** A fault of a name, for people: which character, by its code point, as it may not be seen. */
type Fault = string | undefined;

/** Controls, format characters, separators of lines, private use, halves, and what is drawn as nothing (UTS #39 §3.1). */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}]/u;

/** Sequences of several characters that are one picture: inside them alone, joiners and selectors are seen. */
const picture = '\\p{RGI_Emoji}';
const pictures = new RegExp(picture, 'gv');

/** Letters and digits as wide as an ideograph: they look like others. Wide punctuation is how Chinese and Japanese write. */
const wide = /[\uFF10-\uFF19\uFF21-\uFF3A\uFF41-\uFF5A]/u;

/** PRECIS IdentifierClass (RFC 8264 §4.2): letters, marks, digits, and what ASCII shows. */
const unfit = /[^\x21-\x7E\p{L}\p{M}\p{N}]/u;

/** What is wrong with a name of something: nothing in it may be invisible, or pass for something else. */
export function nameFault(name: string): Fault {
  const bare = name.normalize('NFC').replace(pictures, '');
  return (
    said('an invisible or control character', unseen.exec(bare)) ?? said('a full-width character', wide.exec(bare))
  );
}

/**
 * What is wrong with a name that somebody signs in with, as far as its characters go: as PRECIS has it for usernames (RFC
 * 8265 §3.3), so no spaces but single ones between parts, and none that stands for another (full-width, ligatures, 𝐛𝐨𝐥𝐝).
 */
export function identifierFault(text: string): Fault {
  const composed = text.normalize('NFC');
  const other = [...composed].find((character) => character.normalize('NFKC') !== character);
  const spaced = composed.replace(/(?<=\S) (?=\S)/g, '');
  return (
    said('an invisible or control character', unseen.exec(composed)) ??
    (other && said('a character that stands for another', [other])) ??
    said('a character that no name may have', unfit.exec(spaced))
  );
}

function said(what: string, found: readonly string[] | null): Fault {
  const point = found?.[0]?.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
  return point && `It contains ${what} (U+${point}).`;
}

/** The one spelling of an e-mail address that is kept and compared: composed, in lower case. */
export function canonicalEmail(email: string): string {
  return email.normalize('NFC').toLowerCase();
}

/** An address as it is kept: the spelling that is compared, and what was typed where that is another one. */
export function emailColumns(email: string): { email: string; email_typed: string | null } {
  const canonical = canonicalEmail(email);
  return { email: canonical, email_typed: canonical === email ? null : email };
}

/** The fields of a body that are names, on every surface; those of files are cleaned instead (`files/name.ts`). */
const names = ['name', 'first_name', 'last_name'] as const;

/** A body with its names composed. Throws `invalid` by the field's name. */
export function withNames<Body extends object>(body: Body): Body {
  if (typeof body !== 'object' || body === null) return body;
  const composed: Record<string, unknown> = {};
  for (const field of names) {
    const name = (body as Record<string, unknown>)[field];
    // What cannot be stored, the database refuses in words of its own.
    if (typeof name !== 'string' || name.includes('\0')) continue;
    const fault = nameFault(name);
    if (fault) throw new Failure('invalid', `${field}: ${fault}`, { fields: { [field]: [fault] } });
    composed[field] = name.normalize('NFC');
  }
  return { ...body, ...composed };
}
