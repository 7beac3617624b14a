/** The few letters on a file's picture: its ending in capitals, or nothing. */
export function endingOf(name: string): string {
	const dot = name.lastIndexOf('.');
	const ending = dot > 0 ? name.slice(dot + 1) : '';
	return /^[\p{L}\p{N}]{1,4}$/u.test(ending) ? ending.toLocaleUpperCase() : '';
}

/** What every browser shows as a picture and what cannot hold a script. */
export function isPicture(name: string): boolean {
	return /\.(png|jpe?g|gif|webp|avif)$/i.test(name);
}
