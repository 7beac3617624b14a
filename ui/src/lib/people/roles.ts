import type { Role } from '$lib/api/types';
import { m } from '$lib/paraglide/messages';

export const ROLE_NAMES: Record<Role, () => string> = {
	owner: m.role_owner,
	admin: m.role_admin,
	member: m.role_member,
	guest: m.role_guest,
};

/** The roles that can be given; an account has the owner that it has. */
export const GIVEN_ROLES: readonly Exclude<Role, 'owner'>[] = ['member', 'admin', 'guest'];
