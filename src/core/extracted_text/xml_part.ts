import { Parser } from 'htmlparser2';
import type { Parts } from './zip_parts.ts';

/** What happens in XML, by local names: `w:p` is `p`. */
export interface Happening {
  open?(name: string, attributes: Record<string, string>): void;
  text?(text: string): void;
  close?(name: string): void;
}

/** Reads a part of a packed document as XML; what there is none of has nothing in it. */
export async function readXml(parts: Parts, name: string, { open, text, close }: Happening): Promise<void> {
  const parser = new Parser(
    {
      onopentag: (tag, attributes) => open?.(local(tag), localised(attributes)),
      ontext: (piece) => text?.(piece),
      onclosetag: (tag) => close?.(local(tag)),
    },
    { xmlMode: true, decodeEntities: true },
  );
  for await (const piece of parts.read(name)) parser.write(piece);
  parser.end();
}

/** The targets of a part's relations, by their ids: `rId1` to `ppt/slides/slide1.xml`. */
export async function relationsOf(parts: Parts, name: string): Promise<Map<string, { target: string; type: string }>> {
  const folder = name.includes('/') ? name.slice(0, name.lastIndexOf('/') + 1) : '';
  const found = new Map<string, { target: string; type: string }>();
  await readXml(parts, `${folder}_rels/${name.slice(folder.length)}.rels`, {
    open(tag, { Id = '', Target = '', Type = '', TargetMode }) {
      if (tag !== 'Relationship' || TargetMode === 'External') return;
      const target = new URL(Target, `zip:///${folder}`).pathname.slice(1);
      found.set(Id, { target: decodeURIComponent(target), type: Type.slice(Type.lastIndexOf('/') + 1) });
    },
  });
  return found;
}

function local(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function localised(attributes: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name === 'r:id' ? 'rel' : local(name), value]),
  );
}
