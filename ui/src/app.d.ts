declare global {
	namespace App {
		/** What the error page shows: the program's own sentence, never an internal cause. */
		interface Error {
			message: string;
			kind?: 'no-account' | 'gone' | 'offline' | undefined;
		}
		interface PageState {
			panel?: boolean;
		}
	}
}

export {};
