/** The text of the first element of a name in an answer of S3's, whose elements have no attributes. */
export function inside(xml: string, name: string): string | undefined {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  const entities: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return found?.replace(/&(lt|gt|quot|apos|amp|#\d+|#x[\da-f]+);/gi, (_, entity: string) => {
    if (!entity.startsWith('#')) return entities[entity.toLowerCase()] as string;
    return String.fromCodePoint(Number(entity.slice(1).replace(/^x/i, '0x')));
  });
}
