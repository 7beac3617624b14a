import type { TrustState } from '$lib/api/types';
import { m } from '$lib/paraglide/messages';

export const STATE_NAMES: Record<TrustState, () => string> = {
	standing: m.trust_standing,
	late: m.trust_late,
	leaning: m.trust_leaning,
};
