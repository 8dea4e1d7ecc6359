// A page of the book: what `later` holds is in a script beside this one, named LATER, which a first press asks for.

const HERE = document.currentScript; // known only while this script runs

// What asks for the script at `address`, once, and gives what it `brings`.
function asking(address, brings) {
  let coming = null;
  return () =>
    (coming ??= new Promise((resolve, reject) => {
      const script = Object.assign(document.createElement("script"), { src: new URL(address, HERE.src).href });
      const came = () => (brings() ? resolve(brings()) : failed());
      const failed = () => (script.remove(), (coming = null), reject(new Error(`${script.src} did not load`)));
      Object.assign(script, { onload: came, onerror: failed });
      document.head.append(script);
    }));
}

later.load = asking(LATER, () => later.Explore);
if (HERE.dataset.readers) later.readers = asking(HERE.dataset.readers, () => globalThis.livefigureReaders);
