/** The pages are made in the browser; the program answers with one shell for all of them. */
export const ssr = false;
export const prerender = false;
