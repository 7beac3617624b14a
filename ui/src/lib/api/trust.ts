import { api, ask } from './client';
import type { Trust } from './types';

/** What is promised here, and what shows that it holds. */
export const readTrust = (): Promise<Trust> => ask(api.GET('/api/v1/trust'));
