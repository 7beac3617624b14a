declare global {
	namespace App {
		/** What the error page shows: the program's own sentence, never an internal cause. */
		interface Error {
			message: string;
			/** The program's own status, where the page itself did not foresee it. */
			status?: number;
			kind?: 'no-account' | 'gone' | 'offline' | undefined;
		}
		interface PageState {
			panel?: boolean;
		}
	}
}

export {};
