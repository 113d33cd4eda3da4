/** A heading that can be linked to: `text` is plain, `level` 2 or 3. */
export interface Heading {
  id: string;
  text: string;
  level: number;
}

/** A page of the docs site: what stands in the frame, not the frame. */
export interface Page {
  /** Where it is, without extension: `guides/keys`. It is served at `/docs/<address>`, and as Markdown at `/docs/<address>.md`. */
  address: string;
  /** Plain text. */
  title: string;
  /** One plain sentence, for lists, search and `llms.txt`. */
  summary: string;
  /**
   * The titles of what it stands in, outermost first: `['Reference', 'Latchkey', 'Keys']`. A page whose own section and title
   * spell these is their page: breadcrumbs lead there, and the navigation opens under it.
   */
  section: string[];
  /** The content, its `<h1>` first. Links within the site are `docs:<address>#<id>`; the frame makes them relative. */
  html: string;
  /** The same as Markdown, links likewise. */
  markdown: string;
  headings: Heading[];
  /** The address of what to read next; else the next page of the section. */
  next?: string;
  /** What the navigation calls it, where the title is too long for that. */
  label?: string;
  /** Looked up, not read in its turn: nothing leads on to it. */
  aside?: boolean;
  /** Its samples stand beside its text where there is room, in the place of the list of headings. */
  hasBeside?: boolean;
  /** In neither navigation nor search: an old address, a page not found. */
  hidden?: boolean;
}
