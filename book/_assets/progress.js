// What the reader has read: a box to tick at the end of each chapter, and ticks in the table of contents. It is kept
// in the browser's own storage and nowhere else; where the browser keeps nothing, no box is shown.
(() => {
  const KEY = "recurrent-neural-networks-tested: read";

  const stored = () => {
    const names = JSON.parse(localStorage.getItem(KEY) || "[]");
    return new Set(Array.isArray(names) ? names : []);
  };

  const read = () => {
    try {
      return stored();
    } catch (error) {
      if (error instanceof SyntaxError) return new Set();
      throw error;
    }
  };

  const write = (names) => localStorage.setItem(KEY, JSON.stringify([...names].sort()));

  const canStore = () => {
    try {
      write(read());
      return true;
    } catch {
      return false;
    }
  };

  // A page's name is its place below the root of the site, the same from the web, a folder or a stick.
  const root = new URL(document.documentElement.dataset.content_root || "./", location);
  const nameOf = (address) => {
    const url = new URL(address, location);
    return url.pathname.startsWith(root.pathname) ? url.pathname.slice(root.pathname.length) : "";
  };
  const isChapter = (name) => name.startsWith("book/") && !name.startsWith("book/appendix/");

  const chapters = () => {
    const links = document.querySelectorAll(".bd-sidebar-primary nav a.reference.internal");
    return [...links].map((link) => ({ link, name: nameOf(link.href) })).filter(({ name }) => isChapter(name));
  };

  const showTicks = (names) => {
    for (const { link, name } of chapters()) {
      const tick = link.querySelector(".course-tick");
      if (!names.has(name)) tick?.remove();
      else if (!tick) link.insertAdjacentHTML("beforeend", ' <span class="course-tick" role="img" aria-label="read">✓</span>');
    }
  };

  const addBox = (article, name) => {
    article.insertAdjacentHTML("beforeend",
      `<div class="course-progress"><label><input type="checkbox"> I have read this chapter</label>
       <p role="status"></p><p><a href="?slides">Show this chapter as slides</a></p></div>`);
    const box = article.lastElementChild.querySelector("input");
    box.addEventListener("change", () => {
      const names = read();
      if (box.checked) names.add(name);
      else names.delete(name);
      write(names);
      show();
    });
  };

  const show = () => {
    const names = read();
    showTicks(names);
    const box = document.querySelector(".course-progress input");
    if (!box) return;
    box.checked = names.has(nameOf(location.href));
    const all = new Set(chapters().map(({ name }) => name));
    const done = [...all].filter((name) => names.has(name)).length;
    document.querySelector(".course-progress p").textContent =
      `${done} of ${all.size} chapters read. Only this browser knows.`;
  };

  document.addEventListener("DOMContentLoaded", () => {
    if (!canStore()) return;
    const article = document.querySelector("article.bd-article");
    const name = nameOf(location.href);
    if (article && isChapter(name)) addBox(article, name);
    show();
    addEventListener("storage", show);
    addEventListener("pageshow", show);  // shown again from the browser's memory, by the back button
  });
})();
