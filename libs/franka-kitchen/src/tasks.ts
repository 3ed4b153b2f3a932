/** A task of EgoDTM's Table 3 in Franka Kitchen. */
export interface KitchenTask {
  /** the table's column */
  readonly column: string;
  readonly title: string;
  /** R3M's environment, which MPI and the table's other rows use (mj_envs 0.0.5, MuJoCo 2.1) */
  readonly r3m: string;
  /** the same joint in `FrankaKitchen-v1` of gymnasium-robotics */
  readonly element: string;
}

/** The five tasks, in the table's order. R3M words `knob1` "turning the top left knob", the top burner's, and `ldoor` is a hinged door. */
export const kitchenTasks = {
  'turn-knob': { column: 'TK', title: 'turn knob', r3m: 'kitchen_knob1_on-v3', element: 'top burner' },
  'open-door': { column: 'OD', title: 'open door', r3m: 'kitchen_ldoor_open-v3', element: 'hinge cabinet' },
  'open-microwave': { column: 'OM', title: 'open microwave', r3m: 'kitchen_micro_open-v3', element: 'microwave' },
  'flip-switch': { column: 'FS', title: 'flip switch', r3m: 'kitchen_light_on-v3', element: 'light switch' },
  'slide-door': { column: 'SD', title: 'slide door', r3m: 'kitchen_sdoor_open-v3', element: 'slide cabinet' },
} as const satisfies Record<string, KitchenTask>;

export type KitchenTaskName = keyof typeof kitchenTasks;
export const kitchenTaskNames = Object.keys(kitchenTasks) as [KitchenTaskName, ...KitchenTaskName[]];
