/** Stands in for an operator who has written a policy. */
import type { Page } from '@playwright/test';

const policy = {
	language: 'en',
	title: 'What we keep',
	html: `<p>As little as we can. See <a href="#policy-who-we-are">who we are</a>, or
<a target="_blank" rel="noopener noreferrer" href="https://example.org/">our register</a>.</p>
<h2 id="policy-what">What, and for how long</h2>
<table>
<thead><tr><th scope="col">What</th><th scope="col" class="right">For how long</th></tr></thead><tbody>
<tr><td>Invoices</td><td class="right">10 years</td></tr>
<tr><td><code>logs</code></td><td class="right">30 days</td></tr>
</tbody></table>
<blockquote>
<p>What is not listed here we do not have.</p>
</blockquote>
<ul>
<li>names and addresses
<ul>
<li>of owners</li>
</ul>
</li>
<li><strong>nothing</strong> <em>else</em></li>
</ul>
<h2 id="policy-who-we-are">Who we are</h2>
<p>${'Example and Company, 1 Quay Street, by the harbour. '.repeat(30)}</p>
<h3 id="policy-where">Where</h3>
<pre><code>1 Quay Street
</code></pre>
`,
};

export async function written(page: Page): Promise<void> {
	await page.route('**/api/v1/privacy?*', (route) => route.fulfill({ json: { policy } }));
	await page.addInitScript(() => {
		// The program's own answer with one word changed: the test itself cannot reach a host below .localhost.
		const { fetch } = window;
		window.fetch = async (...asked) => {
			const answer = await fetch(...asked);
			const address = asked[0] instanceof Request ? asked[0].url : String(asked[0]);
			if (!answer.ok || !address.endsWith('/api/v1/door')) return answer;
			return Response.json({ ...(await answer.json()), privacy: true });
		};
	});
}

export async function unwritten(page: Page): Promise<void> {
	await page.unroute('**/api/v1/privacy?*');
}
