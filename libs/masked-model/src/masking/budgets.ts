import type { Random } from '@egolab/foundation';
import { dirichlet, logDirichlet } from './dirichlet.ts';

/** What becomes of tokens that a modality was given beyond what it has. */
export type Leftover = 'dropped' | 'redistributed';

/**
 * How many tokens each modality shows (4M's budgets): shares of a symmetric Dirichlet draw, rounded down; the remainder goes, token by
 * token, to the largest share of fresh draws; no modality gets more than it has.
 *
 * @param total tokens to hand out
 * @param limits tokens that each modality has to give
 * @param leftover 'dropped' as released: what is cut off at a limit is lost; 'redistributed': it is drawn again among the others, so that
 *   all of `total` is used while there are tokens
 */
export function tokenBudgets(
  total: number,
  limits: readonly number[],
  alpha: number,
  leftover: Leftover,
  random: Random,
): number[] {
  const budgets = limits.map(() => 0);
  let open = limits.flatMap((limit, i) => (limit > 0 || leftover === 'dropped' ? [i] : []));
  for (let rest = total; rest > 0 && open.length > 0;) {
    const given = share(rest, open.length, alpha, random);
    open.forEach((modality, i) => (budgets[modality] = Math.min(limits[modality], budgets[modality] + given[i])));
    if (leftover === 'dropped') break;
    rest = total - budgets.reduce((sum, budget) => sum + budget, 0);
    open = open.filter((modality) => budgets[modality] < limits[modality]);
  }
  return budgets;
}

/** `total` in `size` whole parts. */
function share(total: number, size: number, alpha: number, random: Random): number[] {
  const parts = dirichlet(alpha, size, random).map((weight) => Math.floor(weight * total));
  for (let rest = total - parts.reduce((sum, part) => sum + part, 0); rest > 0; rest--) {
    const logs = logDirichlet(alpha, size, random);
    parts[logs.indexOf(Math.max(...logs))]++;
  }
  return parts;
}
