/** The digest over all bytes of a backup, which stands in the backup itself: a bit that flipped on a disk shows wherever it is. */
import type * as Crypto from "node:crypto";
import type * as Fs from "node:fs";

export interface FileDigest {
  /** Hex SHA-256 of the file as if `mark` were zeros wherever it stands: so the digest can take the mark's place. */
  digest: string;
  /** Bytes from the beginning of the file at which `mark` stands. */
  places: number[];
}

/**
 * Reads the file in pieces of whole pages of SQLite: a text as short as `mark`, 64 hex digits, is never split between two of them
 * (sqlite.org/fileformat2.html#b_tree_pages). Runs in the thread that copies as well: it may use nothing but its arguments.
 */
export function digestFile(fs: typeof Fs, crypto: typeof Crypto, path: string, mark: string): FileDigest {
  const piece = Buffer.alloc(1024 * 1024);
  const hash = crypto.createHash("sha256");
  const places: number[] = [];
  const file = fs.openSync(path, "r");
  try {
    for (let at = 0, size = 0; ; at += size) {
      size = fs.readSync(file, piece, 0, piece.length, at);
      if (size === 0) return { digest: hash.digest("hex"), places };
      const read = piece.subarray(0, size);
      for (let found = read.indexOf(mark); found >= 0; found = read.indexOf(mark, found)) {
        places.push(at + found);
        read.fill("0", found, found + mark.length);
      }
      hash.update(read);
    }
  } finally {
    fs.closeSync(file);
  }
}
