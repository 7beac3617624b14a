import { readInvitations, readPeople } from '$lib/api/people';
import { readProjects } from '$lib/api/projects';
import { keys } from '$lib/live/stale';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent, depends }) => {
	depends(keys.people);
	const { session } = await parent();
	const mayInvite = session.person.role === 'owner' || session.person.role === 'admin';
	const [people, invitations, projects] = await Promise.all([
		readPeople(),
		mayInvite ? readInvitations() : [],
		mayInvite ? readProjects('active') : [],
	]);
	return { people, invitations, projects, mayInvite };
};
