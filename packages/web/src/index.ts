/** The pages that there are: each is one entry of the build, below `src/`, and one address of the org. */
export const PAGES = ["portal", "phone"] as const;
export type PageName = (typeof PAGES)[number];
