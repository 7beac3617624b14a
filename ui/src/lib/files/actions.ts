/** What can be done with files and folders from their row, their panel, or the bar above a selection. */
export type FileAction = 'download' | 'rename' | 'move' | 'copy' | 'trash';
