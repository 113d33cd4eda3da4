import type { Knex } from 'knex';
import { isUuid } from '../uuid.ts';
import { fields } from './spellings.ts';

/** Which labels a file or a FAQ must have; `none`: nothing has them. */
export type LabelRule = { labelId: string } | { every: LabelRule[] } | { some: LabelRule[] } | 'none';

/** Deeper and longer rules than these let nothing through. */
const mostLevels = 10;
const mostConditions = 200;

/** `{operator: "OR" | "AND", conditions: [{label_id} | …]}` as a rule. No conditions ask for nothing; what is wrong lets nothing through. */
export function labelRuleOf(value: unknown, levels = mostLevels, left = { conditions: mostConditions }): LabelRule {
  const all = fields(value);
  const label = all.get('labelid');
  left.conditions -= 1;
  if (levels === 0 || left.conditions < 0) return 'none';
  if (label !== undefined) return isUuid(String(label)) ? { labelId: String(label).toLowerCase() } : 'none';
  const conditions = all.get('conditions');
  const operator = String(all.get('operator') ?? 'AND').toUpperCase();
  if (!Array.isArray(conditions) || !['AND', 'OR'].includes(operator)) return 'none';
  const rules = conditions.map((one) => labelRuleOf(one, levels - 1, left));
  if (rules.length === 0) return { every: [] };
  return operator === 'AND' ? { every: rules } : { some: rules };
}

/** The rule as a condition on text nodes, `n`. */
export function labelCondition(db: Knex, rule: LabelRule): Knex.Raw {
  if (rule === 'none') return db.raw('false');
  if ('labelId' in rule) {
    return db.raw(
      `(exists (select from knowledge_base_file_labels l
          where l.knowledge_base_file_id = n.knowledge_base_file_id and l.knowledge_base_label_id = ?)
        or exists (select from knowledge_base_faq_labels l
          where l.knowledge_base_faq_id = n.knowledge_base_faq_id and l.knowledge_base_label_id = ?))`,
      [rule.labelId, rule.labelId],
    );
  }
  const [rules, word, none] = 'every' in rule ? [rule.every, ' and ', 'true'] : [rule.some, ' or ', 'false'];
  if (rules.length === 0) return db.raw(none);
  const conditions = rules.map((one) => labelCondition(db, one));
  return db.raw(`(${conditions.map(() => '?').join(word)})`, conditions);
}
