// A score, which is a probability of being right, as a count of cases that people can picture.

/** `{kind, n, of}`: right in n of `of` such cases; kind says "more" or "fewer" than that, or "about" as many. */
export function cases(score) {
  if (score >= 0.99) return { kind: "more", n: 99, of: 100 };
  if (score >= 0.95) return { kind: "more", n: 19, of: 20 };
  if (score < 0.05) return { kind: "fewer", n: 1, of: 20 };
  return { kind: "about", n: Math.min(9, Math.max(1, Math.round(score * 10))), of: 10 };
}

/** How many of ten dots are filled. */
export function dots(score) {
  return Math.min(10, Math.max(0, Math.round(score * 10)));
}
