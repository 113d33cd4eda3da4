import type { Context } from '../../core/context.ts';

/** The ways to sign in that GoTrue knows; those that have no name here are off too. */
const off = [
  ...['anonymous_users', 'apple', 'azure', 'bitbucket', 'discord', 'facebook', 'figma', 'fly', 'github', 'gitlab'],
  ...['google', 'kakao', 'keycloak', 'linkedin', 'linkedin_oidc', 'notion', 'phone', 'slack', 'slack_oidc', 'spotify'],
  ...['twitch', 'twitter', 'workos', 'zoom'],
];

/** How one may sign in and up here, as GoTrue tells it. */
export async function getSettings({ house }: Context) {
  return {
    external: { email: true, ...Object.fromEntries(off.map((name) => [name, false])) },
    disable_signup: !house.config.openSignUp,
    mailer_autoconfirm: true,
    phone_autoconfirm: false,
    sms_provider: '',
    saml_enabled: false,
  };
}
