/** Whether keys that are pressed now are meant as text, or for a sheet that lies over the page. */
export function isTyping(event: KeyboardEvent): boolean {
	const { target } = event;
	if (!(target instanceof HTMLElement)) return false;
	if (target.closest('[role=dialog], [role=alertdialog], [role=menu]')) return true;
	if (target instanceof HTMLInputElement) {
		return !['checkbox', 'radio', 'button', 'submit', 'file'].includes(target.type);
	}
	return (
		target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable
	);
}

/** The key that goes with a letter on this machine. */
export const COMMAND_KEY = /Mac|iPhone|iPad/.test(navigator.platform) ? '⌘' : 'Ctrl';

/** Ctrl, or ⌘ on a Mac. */
export const isCommand = (event: KeyboardEvent | MouseEvent): boolean => event.ctrlKey || event.metaKey;
