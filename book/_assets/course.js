// In the table of contents the arrow that opens a page's own pages has no name: it gets that of the page.
document.addEventListener("DOMContentLoaded", () => {
  for (const arrow of document.querySelectorAll(".bd-sidebar-primary summary")) {
    const page = arrow.closest("li").querySelector("a").textContent.trim();
    arrow.setAttribute("aria-label", `Pages under ${page}`);
  }
});

// The generator marks bibliography entries with a role that screen readers no longer support; a list item is what they are.
document.addEventListener("DOMContentLoaded", () => {
  for (const entry of document.querySelectorAll('.citation-list[role="list"] > .citation')) {
    entry.setAttribute("role", "listitem");
  }
});

// Found pages are quoted by fetching them, which a page opened from the file system may not do: there, titles suffice.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// Explorers: small programs inside a chapter. Their scripts are fetched when the reader comes near, not before, and as
// plain scripts, since a page opened from the file system may load no modules and fetch no data.
window.course = { explorers: {} };
(() => {
  const folder = new URL("explorers/", document.currentScript.src);
  const loading = new Map();

  const load = (name) => {
    if (!loading.has(name)) {
      loading.set(name, new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = new URL(`${name}.js`, folder);
        script.onload = resolve;
        script.onerror = () => reject(new Error(`the explorer's script ${name}.js could not be loaded`));
        document.head.append(script);
      }));
    }
    return loading.get(name);
  };

  const open = async (root) => {
    for (const name of ["rnn", "parts", ...(root.dataset.needs || "").split(" ").filter(Boolean)]) await load(name);
    await load(root.dataset.explorer);
    root.explorer = course.explorers[root.dataset.explorer](root);
    root.dataset.ready = "";
  };

  document.addEventListener("DOMContentLoaded", () => {
    const near = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        near.unobserve(target);
        open(target);
      }
    }, { rootMargin: "300px" });
    for (const root of document.querySelectorAll("[data-explorer]")) near.observe(root);
  });
})();
