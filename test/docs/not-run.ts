/** Commands of the docs that their test does not run, each with the reason. */
export const NOT_RUN: Readonly<Record<string, string>> = {
}
