/** The pages and actions that the palette offers wherever one is. */
import CircleHelp from '@lucide/svelte/icons/circle-question-mark';
import Fence from '@lucide/svelte/icons/fence';
import House from '@lucide/svelte/icons/house';
import Languages from '@lucide/svelte/icons/languages';
import LogOut from '@lucide/svelte/icons/log-out';
import Monitor from '@lucide/svelte/icons/monitor';
import Moon from '@lucide/svelte/icons/moon';
import ScrollText from '@lucide/svelte/icons/scroll-text';
import Settings from '@lucide/svelte/icons/settings-2';
import Sun from '@lucide/svelte/icons/sun';
import UserRound from '@lucide/svelte/icons/user-round';
import UsersRound from '@lucide/svelte/icons/users-round';
import { language, LANGUAGES } from '$lib/language/language.svelte';
import { m } from '$lib/paraglide/messages';
import type { Locale } from '$lib/paraglide/runtime';
import { theme } from '$lib/state/theme.svelte';
import type { Command } from './commands.svelte';

interface Acts {
	choose: (code: Locale) => void;
	leave: () => void;
	/** A guest is not told who else is here. */
	guest: boolean;
}

export function everywhere({ choose, leave, guest }: Acts): Command[] {
	return [
		{ id: 'home', kind: 'go', label: m.home(), icon: House, href: '/' },
		...(guest
			? []
			: [{ id: 'people', kind: 'go' as const, label: m.people(), icon: UsersRound, href: '/people' }]),
		{ id: 'journal', kind: 'go', label: m.journal(), icon: ScrollText, href: '/journal' },
		{ id: 'profile', kind: 'go', label: m.profile(), icon: UserRound, href: '/profile' },
		{ id: 'settings', kind: 'go', label: m.settings(), icon: Settings, href: '/settings' },
		{ id: 'trust', kind: 'go', label: m.trust(), icon: Fence, href: '/trust' },
		{ id: 'help', kind: 'go', label: m.help(), icon: CircleHelp, href: '/help', detail: m.help_detail() },
		...LANGUAGES.filter(({ code }) => code !== language.current).map(({ code, name }): Command => ({
			id: `language ${code}`,
			kind: 'do',
			label: m.language_to({ name }),
			icon: Languages,
			run: () => choose(code),
		})),
		theming('light', m.theme_to_light(), Sun),
		theming('dark', m.theme_to_dark(), Moon),
		theming('system', m.theme_to_system(), Monitor),
		{ id: 'sign-out', kind: 'do', label: m.sign_out(), icon: LogOut, run: leave },
	];
}

function theming(value: typeof theme.current, label: string, icon: typeof Sun): Command {
	return { id: `theme ${value}`, kind: 'do', label, icon, run: () => theme.choose(value) };
}
