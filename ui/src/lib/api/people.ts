/** Signing in and out, the person who is signed in, the others, and how they come in. */
import { api, ask, ifMatch, onceKey, items } from './client';
import type { Acceptance, NewInvitation, Person, ProfileChange, Role } from './types';

export const readSession = () => ask(api.GET('/api/v1/session'));
export const signIn = (email: string, password: string) =>
	ask(api.PUT('/api/v1/session', { body: { email, password } }));
export const signInByTicket = (ticket: string) => ask(api.PUT('/api/v1/session', { body: { ticket } }));
export const signOut = () => ask(api.DELETE('/api/v1/session'));

export const askPasswordReset = (email: string) =>
	ask(api.POST('/api/v1/password-resets', { body: { email } }));
export const setPassword = (token: string, password: string) =>
	ask(api.PUT('/api/v1/password', { body: { token, password } }));

export const lookUpInvitation = (token: string) =>
	ask(api.POST('/api/v1/invitation-look-ups', { body: { token } }));
export const acceptInvitation = (body: Acceptance) => ask(api.POST('/api/v1/acceptances', { body }));

export const readPeople = () => items(api.GET('/api/v1/people'));
export const readPerson = (id: string) => ask(api.GET('/api/v1/people/{id}', { params: { path: { id } } }));
export const changeRole = (person: Person, role: Role, projects?: string[]) =>
	ask(
		api.PATCH('/api/v1/people/{id}', {
			params: { path: { id: person.id }, header: ifMatch(person) },
			body: { role, projects },
		}),
	);
export const removePerson = (person: Person) =>
	ask(api.DELETE('/api/v1/people/{id}', { params: { path: { id: person.id }, header: ifMatch(person) } }));

export const readInvitations = () => items(api.GET('/api/v1/invitations'));
export const invite = (body: NewInvitation) =>
	ask(api.POST('/api/v1/invitations', { body, headers: { 'Idempotency-Key': onceKey() } }));
export const withdrawInvitation = (id: string) =>
	ask(api.DELETE('/api/v1/invitations/{id}', { params: { path: { id } } }));

export const readProfile = () => ask(api.GET('/api/v1/profile'));
export const changeProfile = (person: Person, body: ProfileChange) =>
	ask(api.PATCH('/api/v1/profile', { params: { header: ifMatch(person) }, body }));
export const changePassword = (current: string, next: string) =>
	ask(api.PUT('/api/v1/profile/password', { body: { current, new: next } }));

export const putPicture = (picture: Blob) =>
	ask(
		api.PUT('/api/v1/profile/picture', {
			body: picture,
			bodySerializer: (body) => body as Blob,
			headers: { 'Content-Type': 'application/octet-stream' },
		}),
	);
export const takePictureAway = () => ask(api.DELETE('/api/v1/profile/picture'));
/** The picture itself, as it is kept. */
export const readPicture = (person: Person) =>
	ask(
		api.GET('/api/v1/people/{id}/picture', { params: { path: { id: person.id } }, parseAs: 'blob' }),
	) as Promise<Blob>;

export const readAppPasswords = () => items(api.GET('/api/v1/app-passwords'));
export const createAppPassword = (label: string) =>
	ask(api.POST('/api/v1/app-passwords', { body: { label }, headers: { 'Idempotency-Key': onceKey() } }));
export const endAppPassword = (id: string) =>
	ask(api.DELETE('/api/v1/app-passwords/{id}', { params: { path: { id } } }));
