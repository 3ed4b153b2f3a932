import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { writeFileAtomic } from '@egolab/foundation';
import { dvcEntry } from './dvc-yaml.ts';
import { lockWhenFree } from './lock.ts';
import { upTo } from './pipeline.ts';
import type { Plan } from './plan.ts';
import type { Workspace } from './workspace.ts';

/** DVC's view of the variants that have been asked for: beside its own `dvc.lock`, relative to the root. */
export const variantsFile = 'experiments/variants/dvc.yaml';

const header = `# Written when a variant of a preset is first run (\`--set\`, \`egolab ablate\`): its stages, named <stage>_<preset>_<hash>.
# \`dvc metrics show\`, \`dvc dag\` and \`dvc repro\` work on them. Commit it with its dvc.lock to share the results, or delete both.
`;

/** Stages of one configuration, with all that they read. */
export interface Wanted {
  plan: Plan;
  stages: readonly string[];
}

/** What `dvc repro` calls a stage of a plan. */
export function dvcTarget(plan: Plan, stage: string): string {
  const variant = plan.variantOf(stage);
  return variant === plan.preset ? `${stage}@${plan.preset}` : `${variantsFile}:${dvcName(stage, variant)}`;
}

/** `stage2_micro_1a2b3c4d`; DVC's names have no `+` */
export const dvcName = (stage: string, variant: string) => `${stage}_${variant.replace('+', '_')}`;

/** Let DVC know the changed stages of these configurations: what is in the file stays, so runs beside this one aren't disturbed. */
export async function declareVariants(workspace: Workspace, wanted: readonly Wanted[]): Promise<void> {
  const entries = Object.assign({}, ...wanted.map(entriesOf)) as Record<string, object>;
  if (Object.keys(entries).length === 0) return;
  const file = join(workspace.root, variantsFile);
  const release = await lockWhenFree(join(workspace.state, 'variants'), () => {});
  try {
    const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
    const known = (parse(before) as { stages: Record<string, object> } | null)?.stages ?? {};
    const after =
      header + stringify({ stages: { ...known, ...entries } }, { lineWidth: 0, aliasDuplicateObjects: false });
    if (after !== before) writeFileAtomic(file, after);
  } finally {
    release();
  }
}

function entriesOf({ plan, stages }: Wanted): Record<string, object> {
  const needed = [...new Set(stages.flatMap((stage) => upTo(plan.stages, stage)))];
  const changed = needed.filter(({ name }) => plan.variantOf(name) !== plan.preset);
  return Object.fromEntries(
    changed.map((stage) => {
      const sets = plan.setsOf(stage.name).map((set) => ` --set ${quoted(set)}`);
      const { desc, ...entry } = dvcEntry(stage, plan.stages, plan.workspace, {
        preset: plan.preset,
        command: `node tools/cli/egolab.mjs run ${stage.name} --preset ${plan.preset}${sets.join('')}`,
        folderOf: (name) => `artifacts/${plan.variantOf(name)}/${name}`,
      });
      return [dvcName(stage.name, plan.variantOf(stage.name)), { desc, wdir: '../..', ...entry }];
    }),
  );
}

/** For the shell, and for DVC, which would read `${…}` as its own. */
const quoted = (set: string) => `'${set.replaceAll("'", "'\\''").replaceAll('${', '\\${')}'`;
