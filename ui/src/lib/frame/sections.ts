import House from '@lucide/svelte/icons/house';
import ScrollText from '@lucide/svelte/icons/scroll-text';
import UserRound from '@lucide/svelte/icons/user-round';
import UsersRound from '@lucide/svelte/icons/users-round';
import { m } from '$lib/paraglide/messages';

export interface Section {
	href: string;
	label: string;
	icon: typeof House;
	here: boolean;
	/** Only among the tabs of a phone; elsewhere the menu of the account leads there. */
	phone: boolean;
}

/** The parts of an account that one moves between. */
export function sections(pathname: string, guest: boolean): Section[] {
	const under = (path: string) => pathname === path || pathname.startsWith(`${path}/`);
	return [
		{ href: '/', label: m.home(), icon: House, here: pathname === '/' || under('/projects'), phone: false },
		// A guest is not told who else is here.
		...(guest
			? []
			: [{ href: '/people', label: m.people(), icon: UsersRound, here: under('/people'), phone: false }]),
		{ href: '/journal', label: m.journal(), icon: ScrollText, here: under('/journal'), phone: false },
		{ href: '/profile', label: m.you(), icon: UserRound, here: under('/profile'), phone: true },
	];
}
