import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import typescript from 'typescript-eslint';

/** From the bottom up: a layer may import itself and everything before it. */
const layers = ['core', 'data', 'model', 'evaluation', 'experiment', 'app'];

export default typescript.config(
  {
    ignores: [
      '**/node_modules/',
      '.venv/',
      '.egolab/',
      '.nx/',
      '.dvc/',
      'artifacts/',
      'reports/',
      'data/',
      '**/*.js',
      '**/*.mjs',
    ],
  },
  ...typescript.configs.recommended,
  prettier,
  {
    files: ['**/*.ts'],
    plugins: { '@nx': nx },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          allow: ['../../setup/doctor.ts'], // `egolab doctor`; set-up can't be a library, since it runs before there is one
          checkDynamicDependenciesExceptions: ['.*'], // a command loads TensorFlow only when it needs it; a stage always does
          depConstraints: layers.map((layer, index) => ({
            sourceTag: `layer:${layer}`,
            onlyDependOnLibsWithTags: layers.slice(0, index + 1).map((below) => `layer:${below}`),
          })),
        },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      eqeqeq: ['error', 'always', { null: 'ignore' }], // `!= null` also means undefined
      'no-console': 'error',
    },
  },
  { files: ['tools/bench/**/*.ts'], rules: { 'no-console': 'off' } }, // prints its table
);
