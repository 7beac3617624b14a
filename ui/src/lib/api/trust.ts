import { api, ask } from './client';
import type { Trust } from './types';

/** What is promised here, and what shows that it holds. */
export const readTrust = (): Promise<Trust> => ask(api.GET('/api/v1/trust'));

/** The `Content-Security-Policy` with which the page at a path comes to this browser; null without one. */
export async function readPagePolicy(path: string): Promise<string | null> {
	const answer = await fetch(path, { method: 'HEAD' });
	return answer.headers.get('Content-Security-Policy');
}
