import type { Dye } from '$lib/api/types';
import { m } from '$lib/paraglide/messages';

export const DYE_NAMES: Record<Dye, () => string> = {
	pine: m.dye_pine,
	lake: m.dye_lake,
	ember: m.dye_ember,
	madder: m.dye_madder,
	bark: m.dye_bark,
	moss: m.dye_moss,
	heather: m.dye_heather,
	slate: m.dye_slate,
};
