import { defineConfig } from 'vitest/config';
import { rootConfiguration } from './tools/config/vitest.base.ts';

export default defineConfig(rootConfiguration);
