/** Where the reference was, `#operation/<id>` names an operation: goes on to its page. */
export function followOldAddress(): void {
  const go = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    const link =
      id.startsWith('operation/') && document.getElementById(id)?.querySelector<HTMLAnchorElement>('.moved a');
    if (link) location.replace(link.href);
  };
  addEventListener('hashchange', go);
  go();
}
