// A file of any of the known formats, told apart by what is in it; any_file.py does the same.

const reading = (kind, format, values, assumed = [], ignored = [], unread = []) => ({ kind, format, values, notes: { assumed, ignored, unread } });

function read(text, name = "") {
  const plainText = String(text).replace(again("CONTROL"), "");
  if (strip(plainText).startsWith("{")) return readConfig(plainText, "", 0);
  throw new Unreadable(words.NO_FORMAT, { known: words.KNOWN });
}
async function readFile(file, onProgress = () => {}) {
  if (file.size > limits.LARGEST) throw new Unreadable(words.TOO_LARGE, { size: file.size / 1e6, most: limits.LARGEST / 1e6 });
  const text = await file.text();
  onProgress(1);
  return read(text, file.name);
}

globalThis.clustermathReaders = { read, readFile };
