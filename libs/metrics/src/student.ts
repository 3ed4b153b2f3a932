/**
 * Student's t distribution function for whole degrees of freedom, in closed form (Abramowitz and Stegun 26.7.3 and 26.7.4).
 *
 * @param degrees 1, 2, 3, …
 */
export function studentCdf(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees));
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const odd = degrees % 2 === 1;
  let term = odd ? cosine : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let i = odd ? 3 : 2; i < degrees - 1; i += 2) {
    term *= ((i - 1) / i) * cosine * cosine;
    sum += term;
  }
  const between = odd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
  return (1 + between) / 2;
}

/** The t below which Student's distribution has `probability`, to 12 digits, by bisection of `studentCdf`. */
export function studentQuantile(probability: number, degrees: number): number {
  if (!(Number.isInteger(degrees) && degrees > 0)) throw new RangeError(`expected degrees of freedom, got ${degrees}`);
  if (!(probability > 0 && probability < 1)) throw new RangeError(`expected 0 < probability < 1, got ${probability}`);
  if (probability < 0.5) return -studentQuantile(1 - probability, degrees);
  let [low, high] = [0, 1];
  while (studentCdf(high, degrees) < probability) high *= 2;
  while (high - low > 1e-12 * high) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (studentCdf(middle, degrees) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
