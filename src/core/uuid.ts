/** Whether a text is a UUID, in any case (RFC 9562 §4): anything else is no id of ours, and not worth a query. */
export function isUuid(text: string): boolean {
  return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text);
}
