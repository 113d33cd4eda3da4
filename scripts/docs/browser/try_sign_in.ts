/** Signing in where a credential is asked for: the token of the session goes into the field, and nowhere else. */
export function offerSignIn(form: HTMLFormElement, done: () => void): void {
  const button = form.querySelector<HTMLButtonElement>('button[data-sign-in]');
  const [user, password, said] = ['[data-user]', '[data-password]', '[data-signed-in]'].map((selector) =>
    form.querySelector<HTMLInputElement>(selector),
  );
  if (!button || !user || !password || !said) return;
  const go = async () => {
    said.textContent = 'Asking …';
    const name = user.value.includes('@') ? 'email' : 'username';
    const { token, sentence } = await signedIn({ [name]: user.value, password: password.value });
    const field = form.querySelector<HTMLInputElement>('[data-scheme] input[data-before="Bearer "]');
    if (token && field) {
      field.value = token;
      password.value = '';
    }
    said.textContent = sentence;
    done();
  };
  button.addEventListener('click', () => void go());
  // Enter signs in here, and does not send the form.
  for (const field of [user, password])
    field.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter') return;
      event.preventDefault();
      void go();
    });
}

async function signedIn(body: object): Promise<{ token?: string; sentence: string }> {
  try {
    const response = await fetch('/v1/sessions', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      credentials: 'omit',
    });
    const said = (await response.json()) as { access_token?: string; detail?: string };
    if (said.access_token) return { token: said.access_token, sentence: 'Signed in, for an hour.' };
    return { sentence: said.detail ?? 'The name or the password is missing.' };
  } catch {
    return { sentence: 'The server was not reached.' };
  }
}
