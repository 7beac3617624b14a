/**
 * The main job by the keyboard alone: a group signs up, brings files, names, moves and trashes them, takes
 * them back, and invites somebody. No pointer is there; at each step one sees where the focus is, and it goes
 * through the page in the order in which one reads.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { guard } from './guard';

const base = process.env.PALISADE_URL ?? 'http://palisade.localhost:8080';
const name = `keys-${Date.now().toString(36)}`;
/** So many stops are more than a page has before what one looks for. */
const MOST_STOPS = 60;

interface Focused {
	readonly role: string;
	readonly name: string;
	/** What is not as it should be: nothing shows the focus, or it is out of sight. */
	readonly trouble: string | null;
}

test('a group signs up, works and invites by the keyboard alone', async ({ page }) => {
	const { clean } = await guard(page, base);
	await page.addInitScript(() => {
		addEventListener('pointerdown', () => console.error('somebody used a pointer'), true);
	});
	const keys = page.keyboard;
	const row = (called: string) => page.getByRole('row').filter({ hasText: called });

	await test.step('sign up', async () => {
		await page.goto(base);
		await page.getByRole('heading', { level: 1 }).waitFor();
		await keys.press('Tab');
		expect((await focused(page)).name).toBe('Skip to content');
		await reach(page, 'link', 'Open an account');
		await keys.press('Enter');
		await expect(page.getByRole('heading', { level: 1 })).toHaveText('Open your account');
		await reach(page, 'textbox', 'Name of your group');
		await keys.type(name);
		await reach(page, 'textbox', 'Your name');
		await keys.type('Inès Moreau');
		await reach(page, 'textbox', 'Email');
		await keys.type('ines@mirabel-studio.example');
		await reach(page, 'textbox', 'Password');
		await keys.type('four unrelated words make one');
		await expect(page.getByText('Free', { exact: true })).toBeVisible();
		await reach(page, 'button', new RegExp(`^Open ${name}`));
		await keys.press('Enter');
		await expect(page.getByRole('heading', { level: 1 })).toContainText('Inès');
	});

	await test.step('make a project', async () => {
		await reach(page, 'button', 'New project');
		await keys.press('Enter');
		await expect(page.getByRole('dialog').getByLabel('Name')).toBeFocused();
		await keys.type('Harbour Festival 2027');
		await keys.press('Enter');
		await expect(page.getByRole('heading', { level: 1 })).toHaveText('Files');
	});

	await test.step('bring files', async () => {
		await reach(page, 'button', 'Choose files');
		const [chooser] = await Promise.all([page.waitForEvent('filechooser'), keys.press('Enter')]);
		await chooser.setFiles(papers());
		await expect(page.getByText('3 files saved')).toBeVisible();
		await expect(row('c.txt')).toBeVisible();
	});

	await test.step('make a folder', async () => {
		await reach(page, 'button', 'New folder', 'Shift+Tab');
		await keys.press('Enter');
		await expect(page.getByRole('dialog').getByLabel('Name')).toBeFocused();
		await keys.type('Plans');
		await keys.press('Enter');
		await expect(row('Plans')).toBeVisible();
	});

	await test.step('rename', async () => {
		await reach(page, 'grid', /^Files in/);
		await keys.press('End');
		await keys.press('F2');
		await expect(page.getByLabel('New name of c.txt')).toBeFocused();
		await keys.press('Control+a');
		await keys.type('Letter.txt');
		await keys.press('Enter');
		await expect(row('Letter.txt')).toBeVisible();
		await expect(page.getByRole('grid')).toBeFocused();
	});

	await test.step('move two, and take it back', async () => {
		await keys.press('Home');
		await keys.press('ArrowDown');
		await keys.press('Shift+ArrowDown');
		await keys.press('Shift+F10');
		await reach(page, 'menuitem', 'Move…', 'ArrowDown');
		await keys.press('Enter');
		await page.getByRole('dialog').getByRole('button', { name: 'Plans' }).waitFor();
		await reach(page, 'button', 'Plans');
		await keys.press('Enter');
		await reach(page, 'button', 'Move here');
		await keys.press('Enter');
		await expect(page.getByText('2 entries are moved')).toBeVisible();
		await expect(row('a.txt')).toBeHidden();
		await keys.press('Control+z');
		await expect(row('a.txt')).toBeVisible();
		await expect(row('b.txt')).toBeVisible();
	});

	await test.step('trash, and take it back', async () => {
		await reach(page, 'grid', /^Files in/);
		await keys.press('Home');
		await keys.press('ArrowDown');
		await keys.press('Delete');
		await expect(page.getByText('“a.txt” is in the trash')).toBeVisible();
		await keys.press('Control+z');
		await expect(row('a.txt')).toBeVisible();
	});

	await test.step('restore from the trash', async () => {
		await reach(page, 'grid', /^Files in/);
		await keys.press('End');
		await keys.press('Delete');
		await expect(row('Letter.txt')).toBeHidden();
		await reach(page, 'link', 'Trash');
		await keys.press('Enter');
		await expect(page.getByRole('heading', { level: 1 })).toHaveText('Trash');
		await reach(page, 'button', 'Put back Letter.txt');
		await keys.press('Enter');
		await expect(page.getByText('The trash is empty')).toBeVisible();
		// What had the focus is gone, and yet the next key does not begin at the top of the page.
		await keys.press('Tab');
		expect((await focused(page)).name).not.toBe('Skip to content');
	});

	await test.step('invite', async () => {
		await keys.press('Control+k');
		await expect(page.getByRole('combobox')).toBeFocused();
		await keys.type('people');
		await expect(page.getByRole('option', { selected: true })).toContainText('People');
		await keys.press('Enter');
		await expect(page.getByRole('heading', { level: 1 })).toHaveText('People');
		await reach(page, 'button', 'Invite someone');
		await keys.press('Enter');
		await expect(page.getByRole('dialog').getByLabel('Email')).toBeFocused();
		await keys.type('camille@port.example');
		await reach(page, 'combobox', 'Role');
		await keys.type('g');
		await reach(page, 'checkbox', 'Harbour Festival 2027');
		await keys.press(' ');
		await reach(page, 'button', 'Send the invitation');
		await keys.press('Enter');
		await expect(page.getByText('/invitation#')).toBeVisible();
		await keys.press('Escape');
		await expect(page.getByRole('dialog')).toBeHidden();
		await expect(page.getByText('camille@port.example')).toBeVisible();
		expect((await focused(page)).name).toBe('Invite someone');
	});

	clean();
});

/** Three small files of this machine. */
function papers(): string[] {
	const folder = mkdtempSync(join(tmpdir(), 'palisade-keys-'));
	return ['a.txt', 'b.txt', 'c.txt'].map((file) => {
		writeFileSync(join(folder, file), `what is in ${file}`);
		return join(folder, file);
	});
}

/** Goes on by a key until it stands at what is wanted. Each stop on the way is seen. */
async function reach(page: Page, role: string, wanted: string | RegExp, key = 'Tab'): Promise<void> {
	const passed: string[] = [];
	for (let stops = 0; stops < MOST_STOPS; stops += 1) {
		const here = await focused(page);
		if (passed.length > 0 || here.role !== 'document') {
			expect(here.trouble, `the focus on ${here.role} “${here.name}”`).toBeNull();
		}
		const fits = typeof wanted === 'string' ? here.name === wanted : wanted.test(here.name);
		if (here.role === role && fits) return;
		passed.push(`${here.role} “${here.name}”`);
		await page.keyboard.press(key);
	}
	throw new Error(`${role} ${wanted} is not reached by ${key}: ${passed.join(', ')}`);
}

/** Where the focus is, as assistive technology is told, and whether one sees it. */
async function focused(page: Page): Promise<Focused> {
	const handle = await page.evaluateHandle(() => document.activeElement ?? document.body);
	const snapshot = await page.locator('*:focus').count();
	const { role, name: called } = snapshot === 0 ? { role: 'document', name: '' } : await told(page);
	const trouble = await handle.evaluate((element) => {
		const box = element.getBoundingClientRect();
		if (element === document.body || element.tagName === 'MAIN' || element.tagName === 'H1') return null;
		if (document.querySelector('[tabindex]:not([tabindex="0"]):not([tabindex^="-"])'))
			return 'an order of its own';
		const ring = (one: Element, part?: string) => {
			const style = getComputedStyle(one, part);
			return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
		};
		const shown = [element, ...element.querySelectorAll('*')].some(
			(one) => ring(one) || ring(one, '::after'),
		);
		// A field in a frame of its own shows it by the frame.
		const around = [element.parentElement, element.parentElement?.parentElement].some(
			(one) => one && ring(one),
		);
		// A menu and a list of choices paint the one that has the focus.
		const painted = element.matches('[data-highlighted], [role=dialog], [role=alertdialog], [role=menu]');
		if (!shown && !around && !painted) return 'nothing shows it';
		const inSight = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
		return inSight && box.width > 0 && box.height > 0 ? null : 'it is out of sight';
	});
	return { role, name: called, trouble };
}

/** Role and name of what has the focus. */
async function told(page: Page): Promise<{ role: string; name: string }> {
	const text = await page.locator('*:focus').first().ariaSnapshot();
	const [, role = '', called = ''] = /^- ([\w]+)(?: "((?:[^"\\]|\\.)*)")?/.exec(text) ?? [];
	return { role, name: called.replaceAll('\\"', '"') };
}
