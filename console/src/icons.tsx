const paths = {
  key: 'M14.5 9.5a5 5 0 1 1-4.2-4.9 5 5 0 0 1 4.2 4.9Zm-1.5 3.5 8 8M18 18l2-2M15.5 15.5l2-2',
  session: 'M5 5h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2ZM9 21h6',
  docs: 'M5 4h12a2 2 0 0 1 2 2v14H7a2 2 0 0 1-2-2ZM5 18a2 2 0 0 1 2-2h12',
};

/** A drawing beside a word that says the same. */
export function Icon({ of: name }: { of: keyof typeof paths }) {
  return (
    <svg
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={paths[name]} />
    </svg>
  );
}
