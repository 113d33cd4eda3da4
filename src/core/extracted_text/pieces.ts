/** What is found in a document, in its order. */
export type Piece =
  | { kind: 'text'; text: string }
  /** From 1, the highest. */
  | { kind: 'heading'; text: string; level: number }
  /** What follows is on this page, of so many where that is known. */
  | { kind: 'page'; page: number; pages?: number }
  /** So many pages have been gone through; their text is still to come. */
  | { kind: 'progress'; page: number; pages: number }
  /** What is on this page cannot be read; the rest can. */
  | { kind: 'unreadable'; page: number; why: string };

/** Takes what is found, as it is found. */
export type Emit = (piece: Piece) => void;

/** Reads a document. Throws `Unreadable` where it is none, or more than is read. */
export type ReadDocument = (bytes: Buffer, emit: Emit) => void | Promise<void>;

/** Why a document cannot be read, in a sentence for whoever sent it. */
export class Unreadable extends Error {}

/** Half a surrogate pair and control characters are in no text that Postgres takes, or anybody wants. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is meant
const odd = /[\u0000-\u0008\u000b\u000e-\u001f\u007f-\u009f\ufeff]|\p{Surrogate}/gu;

/** A text without characters that are none. */
export function plain(text: string): string {
  return text.replace(odd, '');
}

/** The same in one line. */
export function inOneLine(text: string): string {
  return plain(text).replace(/\s+/g, ' ').trim();
}
