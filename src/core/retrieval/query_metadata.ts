import { isUuid } from '../uuid.ts';
import { type LabelRule, labelRuleOf } from './label_rule.ts';
import { fields } from './spellings.ts';

/** What a caller lets be searched of one knowledge base. */
export interface Selection {
  knowledgeBaseId: string;
  isWhole: boolean;
  fileIds: string[];
  faqIds: string[];
}

/** What is left of what may be searched. Undefined parts narrow nothing. */
export interface Narrowing {
  selections?: Selection[];
  labels?: LabelRule;
}

/**
 * `queryMetadata` (docs/compat/maiagent.md: Narrowing a search), with its names in either spelling. It can only narrow: what is there and is not
 * what it should be lets nothing through. Null, and what says nothing of knowledge bases or labels, narrow nothing.
 */
export function narrowingOf(metadata: unknown): Narrowing {
  const all = fields(metadata);
  const bases = all.get('knowledgebases');
  const relations = all.get('labelrelations');
  return {
    ...(bases != null && { selections: Array.isArray(bases) ? bases.flatMap(selectionOf) : [] }),
    ...(relations != null && { labels: labelRuleOf(relations) }),
  };
}

function selectionOf(one: unknown): Selection[] {
  const all = fields(one);
  const [knowledgeBaseId] = idsIn([all.get('knowledgebaseid')]);
  if (knowledgeBaseId === undefined) return [];
  const isWhole = /^true$/i.test(String(all.get('hasuserselectedall')));
  return [{ knowledgeBaseId, isWhole, fileIds: idsIn(all.get('chatbotfileids')), faqIds: idsIn(all.get('faqids')) }];
}

function idsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.flatMap((one) => (isUuid(String(one)) ? [String(one).toLowerCase()] : [])) : [];
}
