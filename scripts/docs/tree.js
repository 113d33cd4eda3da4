/** @typedef {import('./page.d.ts').Page} Page */
/** @typedef {{ title: string, page?: Page, below: Node[] }} Node */

/**
 * The pages as they stand in one another.
 * @param {Page[]} pages in the order of the navigation
 */
export class Tree {
  constructor(pages) {
    this.pages = pages.filter(({ hidden }) => !hidden);
    /** @type {Node} */
    this.top = { title: '', below: [] };
    for (const page of this.pages) {
      const path = [...page.section, page.title];
      const own = this.#at(page.section).below.find(({ title, page: there }) => title === page.title && !there);
      if (own) own.page = page;
      else this.#at(path.slice(0, -1)).below.push({ title: page.title, page, below: [] });
    }
  }

  #at(path) {
    let node = this.top;
    for (const title of path) {
      let next = node.below.find((one) => one.title === title);
      if (!next) {
        next = { title, below: [] };
        node.below.push(next);
      }
      node = next;
    }
    return node;
  }

  /** The nodes that lead to a page, outermost first, without its own. */
  pathTo({ section }) {
    let node = this.top;
    return section.map((title) => {
      node = node.below.find((one) => one.title === title);
      return node;
    });
  }

  /** What is read before and after a page. */
  around(page) {
    const order = this.pages.filter(({ aside }) => !aside);
    const at = order.indexOf(page);
    if (at < 0) return {};
    const named = page.next && this.pages.find(({ address }) => address === page.next);
    return { previous: order[at - 1], next: named || order[at + 1] };
  }
}
