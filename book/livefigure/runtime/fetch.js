// A page of the book: what `later` holds is in a script beside this one, named LATER, which a first press asks for.

const HERE = document.currentScript.src; // known only while this script runs
let coming = null;

later.load = () =>
  (coming ??= new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src: new URL(LATER, HERE).href });
    const came = () => (later.Explore ? resolve() : failed());
    const failed = () => (script.remove(), (coming = null), reject(new Error(`${script.src} did not load`)));
    Object.assign(script, { onload: came, onerror: failed });
    document.head.append(script);
  }));
