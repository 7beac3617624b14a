/** What can be done with a file or folder from its row or its panel. */
export type FileAction = 'rename' | 'move' | 'copy' | 'trash';
