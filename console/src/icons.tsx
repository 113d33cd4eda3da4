const paths = {
  overview: 'M4 11 12 4l8 7v8a1 1 0 0 1-1 1h-4v-6H9v6H5a1 1 0 0 1-1-1Z',
  key: 'M14.5 9.5a5 5 0 1 1-4.2-4.9 5 5 0 0 1 4.2 4.9Zm-1.5 3.5 8 8M18 18l2-2M15.5 15.5l2-2',
  session: 'M5 5h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2ZM9 21h6',
  webhook: 'M9 17a4 4 0 1 1-4-6M12 8a4 4 0 1 1 6 5M15 19H9',
  pipeline:
    'M4.5 4h4A1.5 1.5 0 0 1 10 5.5v3A1.5 1.5 0 0 1 8.5 10h-4A1.5 1.5 0 0 1 3 8.500v-3A1.5 1.5 0 0 1 4.5 4ZM15.5 14h4a1.5 1.5 0 0 1 1.5 1.5v3a1.5 1.5 0 0 1-1.5 1.5h-4a1.5 1.5 0 0 1-1.5-1.5v-3a1.5 1.5 0 0 1 1.5-1.5ZM10 7h4a3 3 0 0 1 3 3v4',
  run: 'M7 5v14l12-7Z',
  file: 'M6 3h9l4 4v14H6Z',
  usage: 'M4 20V4M4 20h16M8 16v-4M12 16V8M16 16v-6',
  audit: 'M6 3h9l4 4v14H6ZM9 11h7M9 15h7',
  members:
    'M12.2 8A3.2 3.2 0 1 1 9 4.8 3.2 3.2 0 0 1 12.2 8ZM3 20a6 6 0 0 1 12 0M16 5a3 3 0 0 1 0 6M18 14a6 6 0 0 1 3 6',
  profile: 'M15.5 8A3.5 3.5 0 1 1 12 4.5 3.5 3.5 0 0 1 15.5 8ZM5 20a7 7 0 0 1 14 0',
  docs: 'M5 4h12a2 2 0 0 1 2 2v14H7a2 2 0 0 1-2-2ZM5 18a2 2 0 0 1 2-2h12',
  find: 'M16 10.5a5.5 5.5 0 1 1-5.5-5.5 5.5 5.5 0 0 1 5.5 5.5ZM14.5 14.5 20 20',
  more: 'M6 12a1 1 0 1 1-2 0 1 1 0 0 1 2 0ZM13 12a1 1 0 1 1-2 0 1 1 0 0 1 2 0ZM20 12a1 1 0 1 1-2 0 1 1 0 0 1 2 0Z',
};

export type IconName = keyof typeof paths;

/** A drawing beside a word that says the same. */
export function Icon({ of: name }: { of: IconName }) {
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
