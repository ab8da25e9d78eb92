/** The main part of the page, in which menus open: what is outside of it is no part of the page's content. */
export function mainElement(): HTMLElement {
  return document.querySelector('main') ?? document.body
}
