/** Formats of numbers that are built in and show dates or times (ECMA-376 part 1, §18.8.30). */
const builtIn = new Set([
  14, 15, 16, 17, 18, 19, 20, 21, 22, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 45, 46, 47, 50, 51, 52, 53, 54, 55, 56,
  57, 58,
]);

/** Whether a format shows a number as a date or a time. */
export function isDateFormat(id: number, code?: string): boolean {
  if (code === undefined) return builtIn.has(id);
  // What is quoted, escaped or in brackets (colours, conditions) is no part of a date.
  return /[ymdhs]/i.test(code.replace(/"[^"]*"|\\.|\[[^\]]*\]|_.|General/gi, ''));
}

/** A number of days as ISO 8601 writes it: a date, a time, or both. */
export function writtenDate(days: number, since1904: boolean): string {
  // Before 1 March 1900 Excel counts a day that never was.
  const since = since1904 ? Date.UTC(1904, 0, 1) : Date.UTC(1899, 11, days < 60 ? 31 : 30);
  const time = new Date(since + Math.round(days * 86_400) * 1000);
  if (!Number.isFinite(time.getTime())) return String(days);
  const [date = '', clock = ''] = time.toISOString().split('T');
  const written = clock.slice(0, clock.startsWith('00:00:00') ? 0 : clock.slice(6, 8) === '00' ? 5 : 8);
  return days < 1 ? written || '00:00' : written ? `${date} ${written}` : date;
}
