/** When the day that was told last ends. */
let end = 0;
let day = '';

/** The day it is, in UTC: `2026-11-26`. Asked with each request. */
export function today(): string {
  const now = Date.now();
  if (now < end && now >= end - 86_400_000) return day;
  day = new Date(now).toISOString().slice(0, 10);
  end = Date.parse(day) + 86_400_000;
  return day;
}
