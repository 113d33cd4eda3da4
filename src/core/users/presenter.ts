import type { Presenter } from '../endpoint.ts';
import type { UserExtra } from './collect.ts';
import type { UserRow } from './row.ts';

const common = [
  'avatar',
  'created_at',
  'email',
  'first_name',
  'id',
  'last_name',
  'owner',
  'project_access',
  'roles',
  'roles_display',
  'roles_new',
  'updated_at',
  'username',
] as const;
/** Every attribute that is ever shown. */
export const whole = [...common, 'permissions', 'token'] as const;

export const presenter: Presenter<keyof (UserRow & UserExtra) & string> = {
  default: common,
  list: common,
  create: whole,
  detail: whole,
  update: whole,
  delete: whole,
};
