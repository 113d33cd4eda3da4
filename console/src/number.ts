const plain = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** “48,213”, “7.4”. */
export const number = (value: number) => plain.format(value);

/** “1 key”, “1,204 keys”. */
export const counted = (value: number, one: string, many = `${one}s`) => `${number(value)} ${value === 1 ? one : many}`;

const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** A size as people say it: “48.2 kB”. */
export function bytes(size: number): string {
  const step = size < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(size) / 3));
  return step === 0 ? counted(size, 'byte') : `${number(size / 1000 ** step)} ${units[step]}`;
}

/** How long something took: “420 ms”, “7.4 s”, “3 min 20 s”. */
export function lasted(ms: number): string {
  if (ms < 1000) return `${number(ms)} ms`;
  if (ms < 60_000) return `${number(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${number(hours)} h ${minutes} min` : `${minutes} min ${seconds % 60} s`;
}
