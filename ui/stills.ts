import { readFileSync } from 'node:fs';
import type { Plugin } from 'vite';

/**
 * Icons as still pictures. A component of Lucide's puts its picture together from data each time it is
 * shown, one dynamic element after the other: two of them a row were a fifth of the time that a list took.
 * Here each becomes the markup that it stands for, which the browser clones. What the pages say of an icon is
 * its class; for a size or a colour of its own there is the style sheet.
 */
export function stills(): Plugin {
	return {
		name: 'palisade:stills',
		enforce: 'pre',
		load(id) {
			const [file = ''] = id.split('?');
			if (id !== file || !ICON.test(file)) return null;
			const source = readFileSync(file, 'utf8');
			const [, data] = /const iconData = (\{.*\});/.exec(source) ?? [];
			if (data === undefined) this.error(`the icons of Lucide have changed their shape: ${file}`);
			return still(JSON.parse(data) as Icon);
		},
	};
}

const ICON = /\/@lucide\/svelte\/dist\/icons\/[^/]+\.svelte$/;

interface Icon {
	readonly name: string;
	readonly size: number;
	readonly node: readonly (readonly [tag: string, attributes: Readonly<Record<string, string>>])[];
}

function still({ name, size, node }: Icon): string {
	const lines = node.map(([tag, attributes]) => `<${tag} ${written(attributes)} />`).join('');
	const frame = written({
		xmlns: 'http://www.w3.org/2000/svg',
		width: `${size}`,
		height: `${size}`,
		viewBox: `0 0 ${size} ${size}`,
		fill: 'none',
		stroke: 'currentColor',
		'stroke-linecap': 'round',
		'stroke-linejoin': 'round',
		'aria-hidden': 'true',
	});
	return (
		`<script>let { class: also } = $props();</script>` +
		`<svg ${frame} class={['lucide lucide-${name}', also]}>${lines}</svg>`
	);
}

const written = (attributes: Readonly<Record<string, string>>): string =>
	Object.entries(attributes)
		.map(([name, value]) => `${name}="${value}"`)
		.join(' ');
