import type { Endpoint } from '../endpoint.ts';
import { each, viewer } from '../rules.ts';
import { type Organization, organizationOf, ownOrganization, pageIn } from './organization.ts';

const shown = ['id', 'name', 'owner', 'created_at'] as const;

/** Organizations: the account that the credential acts in, and no other (docs/compat/maiagent.md: Organizations). */
export const organizations: Endpoint<Organization> = {
  name: 'organizations',
  resource: {
    list: async (context, { page }) => pageIn([await ownOrganization(context)], page),
    member: (context, { id }) => organizationOf(context, id),
  },
  policy: { action: { list: viewer, detail: viewer }, read: each(shown, viewer), write: {}, query: {} },
  presenter: { default: shown },
  collect: {},
};
