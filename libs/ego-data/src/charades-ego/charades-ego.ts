import { UserError } from '@egolab/foundation';
import { readAnnotationTable, requireUnique } from '../annotation-text.ts';

/** Action classes of Charades, c000 to c156. */
export const charadesClasses = 157;

/** A video of Charades-Ego and what happens in it. */
export interface CharadesVideo {
  readonly id: string;
  /** may be none; an action may come back */
  readonly actions: readonly CharadesAction[];
}

export interface CharadesAction {
  /** 0 to 156 */
  readonly label: number;
  /** seconds */
  readonly start: number;
  readonly end: number;
}

/**
 * Read `CharadesEgo_v1_{train,test}_only1st.csv`: columns `id` and `actions`, `c106 0.00 12.30;c107 1.20 4.00`.
 * @throws UserError for a missing or cut file, an action of another form, or an id that is there twice
 */
export function readCharadesEgo(file: string): CharadesVideo[] {
  const rows = readAnnotationTable(file, ['id', 'actions']);
  requireUnique(rows.map(({ line, cells }) => ({ id: cells.id, where: `${file}, line ${line}, id` })));
  return rows.map(({ line, cells: { id, actions } }) => ({
    id,
    actions: actions
      .split(';')
      .filter((action) => action.trim() !== '')
      .map((action) => actionOf(action, `${file}, line ${line} (${id}), actions`)),
  }));
}

function actionOf(text: string, where: string): CharadesAction {
  const parts = /^c(\d{3}) (\d+(?:\.\d+)?) (\d+(?:\.\d+)?)$/.exec(text.trim());
  const label = Number(parts?.[1] ?? charadesClasses);
  if (!parts || label >= charadesClasses)
    throw new UserError({ what: `expected an action such as "c106 0.00 12.30", c000 to c156, got "${text}"`, where });
  return { label, start: Number(parts[2]), end: Number(parts[3]) };
}
