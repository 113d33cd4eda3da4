import { show } from './try_answer.ts';
import { curlOf } from './try_curl.ts';
import { askedOf, dotsOf, missingOf, send } from './try_request.ts';
import { offerSignIn } from './try_sign_in.ts';

/** Lets the forms of the reference send what they say. */
export function enableTrying(root: ParentNode = document): void {
  for (const form of root.querySelectorAll<HTMLFormElement>('form.try')) enable(form);
}

function enable(form: HTMLFormElement): void {
  const part = <Kind extends HTMLElement>(selector: string) => form.querySelector<Kind>(selector);
  const need = (selector: string) => part(selector) as HTMLElement;
  const { accept = 'application/json' } = form.dataset;
  const wrong = need('[data-wrong]');
  const answer = need('[data-answer]');
  const stop = need('[data-stop]');
  const submit = need('[type=submit]') as HTMLButtonElement;
  const place = {
    status: need('[data-status]'),
    headers: need('[data-headers]'),
    body: need('[data-body]'),
    after: need('[data-after]'),
  };

  const draw = () => {
    const way = part<HTMLSelectElement>('[data-way]');
    for (const scheme of form.querySelectorAll<HTMLElement>('[data-scheme]'))
      scheme.hidden = way !== null && !way.value.split(' ').includes(scheme.dataset.scheme ?? '');
    need('[data-curl]').textContent = curlOf(askedOf(form), accept);
  };
  form.addEventListener('input', draw);
  part<HTMLSelectElement>('[data-example]')?.addEventListener('change', ({ target }) => {
    const text = part<HTMLTextAreaElement>('[data-text]');
    if (text) text.value = (target as HTMLSelectElement).value;
    draw();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void go();
  });
  offerSignIn(form, draw);

  async function go(): Promise<void> {
    wrong.textContent = reasonNot(form);
    if (wrong.textContent) return;
    const control = new AbortController();
    const end = () => control.abort();
    stop.hidden = false;
    // A click more would send it twice.
    submit.disabled = true;
    stop.addEventListener('click', end);
    place.status.textContent = 'Asking …';
    answer.hidden = false;
    const since = performance.now();
    try {
      const response = await send(askedOf(form), accept, control.signal);
      const said = await show(place, response, performance.now() - since);
      if (response.ok) offerKey(said);
    } catch (error) {
      if (control.signal.aborted) place.status.textContent += ' · stopped';
      else {
        answer.hidden = true;
        wrong.textContent = sentenceOf(error);
      }
    } finally {
      stop.hidden = true;
      submit.disabled = false;
      stop.removeEventListener('click', end);
    }
  }

  /** A key that has just been made can be tried where it stands; the other forms of the page have it at once. */
  function offerKey(said: unknown): void {
    const key = (said as { key?: unknown } | undefined)?.key;
    if (typeof key !== 'string') return;
    const others = [...document.querySelectorAll<HTMLFormElement>('form.try')].filter((one) => one !== form);
    for (const other of others) take(other, key);
    if (others.length > 0) {
      place.after.textContent = 'Keep it: it is shown this once. It stands in the next form as well.';
      return;
    }
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = 'Use this key here';
    button.addEventListener('click', () => {
      take(form, key);
      button.replaceWith('It is the credential above now.');
    });
    if (part('[data-scheme] input')) place.after.append(button);
  }

  form.previousElementSibling?.remove();
  form.hidden = false;
  draw();
}

/** Puts a key where a form has its credential. */
function take(form: HTMLFormElement, key: string): void {
  const field = form.querySelector<HTMLInputElement>('[data-scheme] input');
  if (!field) return;
  field.value = key;
  field.dispatchEvent(new Event('input', { bubbles: true }));
}

/** Why a form is not sent; '' where it is. */
function reasonNot(form: HTMLFormElement): string {
  const missing = missingOf(form);
  if (missing.length > 0) return `The address needs ${missing.join(' and ')}.`;
  const dots = dotsOf(form);
  if (dots.length > 0) return `${dots.join(' and ')} cannot be dots alone: they lead to another address.`;
  const sure = form.querySelector<HTMLInputElement>('[data-sure]');
  return sure && !sure.checked ? 'Say first that you want this: the box above the credential.' : '';
}

/** What `fetch` could not do, for whoever filled in the form. */
function sentenceOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (/header|ByteString/i.test(text)) return 'A header has characters that no header may have.';
  return `The server was not reached, or its answer broke off (${text}). These pages ask the server that they come from.`;
}
