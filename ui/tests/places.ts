/**
 * Two sites on this machine: a database at each, of which the second follows the first, a node at each, and one address
 * that leads to one of the nodes.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const programs = resolve(process.env.CARGO_TARGET_DIR ?? '../target', 'debug');

/** A program that talks by lines. */
class Program {
	readonly #child: ChildProcessWithoutNullStreams;
	readonly #lines: AsyncIterator<string>;
	#errors = '';

	constructor(path: string, args: readonly string[] = []) {
		this.#child = spawn(path, args, { stdio: 'pipe' });
		this.#child.stderr.on('data', (said: Buffer) => (this.#errors += said.toString()));
		this.#child.on('error', ({ message }) => (this.#errors += message));
		this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
	}

	/** Its next line. */
	async line(): Promise<string> {
		const { value, done } = await this.#lines.next();
		if (done) throw new Error(`it ended: ${this.#errors}`);
		return value;
	}

	/** Tells it something, and waits until it is done. */
	async tell(order: string): Promise<void> {
		this.#child.stdin.write(`${order}\n`);
		await this.line();
	}

	/** Ends it: with its input, or at once. */
	async end(signal: 'input' | 'SIGTERM' | 'SIGKILL'): Promise<void> {
		if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
		const ended = new Promise((fulfil) => this.#child.once('exit', fulfil));
		if (signal === 'input') this.#child.stdin.end();
		else this.#child.kill(signal);
		await ended;
	}
}

/** The one address: what leads from it can be turned, cut, or made silent. */
class Entry {
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();
	#to = 0;
	#silent = false;

	constructor() {
		this.#server = createServer((client) => {
			this.#keep(client);
			if (this.#silent) return;
			const node = connect(this.#to, '127.0.0.1');
			this.#keep(node);
			const pour = (from: Socket, to: Socket) => {
				from.on('data', (bytes) => {
					if (this.#silent) return;
					if (!to.write(bytes)) from.pause();
				});
				to.on('drain', () => from.resume());
				from.on('close', () => {
					if (!this.#silent) to.destroy();
				});
			};
			pour(client, node);
			pour(node, client);
		});
	}

	async listen(): Promise<number> {
		await new Promise<void>((fulfil) => this.#server.listen(0, '127.0.0.1', fulfil));
		return (this.#server.address() as AddressInfo).port;
	}

	lead(to: number): void {
		this.#to = to;
		this.#silent = false;
	}

	/** Whatever is sent is taken, and never comes. */
	silence(): void {
		this.#silent = true;
	}

	/** Closes what is open, as a machine that comes back answers to connections that it does not know. */
	cut(): void {
		for (const socket of this.#sockets) socket.destroy();
		this.#sockets.clear();
	}

	end(): void {
		this.cut();
		this.#server.close();
	}

	#keep(socket: Socket): void {
		this.#sockets.add(socket);
		socket.on('error', () => undefined);
		socket.on('close', () => this.#sockets.delete(socket));
	}
}

async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((fulfil) => server.listen(0, '127.0.0.1', fulfil));
	const { port } = server.address() as AddressInfo;
	await new Promise((fulfil) => server.close(fulfil));
	return port;
}

export class Places {
	private constructor(
		readonly address: string,
		private readonly folder: string,
		private readonly databases: Program,
		private readonly nodes: readonly [Program, Program],
		private readonly ports: readonly [number, number],
		private readonly entry: Entry,
	) {}

	static async start(): Promise<Places> {
		const folder = mkdtempSync(join(tmpdir(), 'palisade-places-'));
		const databases = new Program(join(programs, 'examples', 'pair'));
		const roles = JSON.parse(await databases.line()) as { url: string; system: string; owner: string };
		const entry = new Entry();
		const port = await entry.listen();
		const ports = [await freePort(), await freePort()] as const;
		const node = async (at: 0 | 1): Promise<Program> => {
			const data = join(folder, `data${at}`);
			mkdirSync(data, { mode: 0o700 });
			// Both hold the same keys.
			if (at === 1)
				for (const keys of ['keys', 'root']) symlinkSync(join(folder, 'data0', keys), join(data, keys));
			const config = join(folder, `${at}.toml`);
			writeFileSync(
				config,
				`data = "${data}"
listen = "127.0.0.1:${ports[at]}"
here = "${at === 0 ? 'paris' : 'lyon'}"
[public]
port = ${port}
[database]
url = "${roles.url}"
system-url = "${roles.system}"
owner-url = "${roles.owner}"
[[site]]
name = "paris"
blobs = "file://${folder}/paris"
[[site]]
name = "lyon"
blobs = "file://${folder}/lyon"
[durability]
copies = 2
when-short = "continue"
`,
			);
			const program = new Program(join(programs, 'palisade'), ['serve', '--config', config]);
			await program.line();
			return program;
		};
		const nodes = [await node(0), await node(1)] as const;
		entry.lead(ports[0]);
		return new Places(`http://palisade.localhost:${port}`, folder, databases, nodes, ports, entry);
	}

	/** The first site is lost: its node, and its database. */
	async lose(silently: boolean): Promise<void> {
		if (silently) this.entry.silence();
		await this.nodes[0].end('SIGKILL');
		await this.databases.tell('kill 0');
	}

	/** The other database becomes the primary, and the other node is reached. */
	async takeOver(): Promise<void> {
		await this.databases.tell('promote 1');
		this.entry.lead(this.ports[1]);
		this.entry.cut();
	}

	async end(): Promise<void> {
		this.entry.end();
		for (const node of this.nodes) await node.end('SIGTERM');
		await this.databases.end('input');
		rmSync(this.folder, { recursive: true });
	}
}
