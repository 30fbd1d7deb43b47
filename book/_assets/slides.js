// A chapter as slides: the same page with `?slides` after its address. A slide is a figure, a formula, a list, an
// exercise or a cell, under the heading of its section and with the paragraph that leads to it; solutions are left
// out. Arrow keys turn, Escape leads back to the page.
(() => {
  const SHOWN = ".cell, .math, ul, ol, table, figure, .exercise, .pst-scrollable-table-container";
  const LEFT_OUT = ".solution, .tag_hide-cell, .explorer, .course-progress";

  const slidesOf = (section) => {
    const found = [];
    const heading = section.querySelector(":scope > h1, :scope > h2, :scope > h3");
    if (heading) {
      let lead = null;
      for (const block of section.children) {
        if (block === heading || block.matches(`section, ${LEFT_OUT}`)) continue;
        if (block.matches(SHOWN)) {
          found.push([heading, lead, block].filter(Boolean));
          lead = null;
        } else if (block.matches("p")) lead = block;
      }
      if (!found.length) found.push([heading, lead].filter(Boolean));
    }
    return found.concat(...[...section.children].filter((one) => one.matches("section")).map(slidesOf));
  };

  const open = (article) => {
    const slides = slidesOf(article);
    const blocks = [...article.querySelectorAll("section > *:not(section), article > *:not(section)")];
    let at = 0;
    const bar = document.createElement("nav");
    bar.className = "course-slides";
    bar.setAttribute("aria-label", "Slides");
    bar.innerHTML = `<button type="button" aria-label="Slide before">‹</button> <span role="status"></span>
      <button type="button" aria-label="Next slide">›</button> <a href="${location.pathname}">Back to the chapter</a>`;
    const turn = (to) => {
      at = Math.max(0, Math.min(slides.length - 1, to));
      for (const block of blocks) block.classList.toggle("not-on-slide", !slides[at].includes(block));
      bar.querySelector("span").textContent = `${at + 1} of ${slides.length}`;
      scrollTo(0, 0);
    };
    const keys = {
      ArrowRight: () => at + 1, PageDown: () => at + 1, ArrowLeft: () => at - 1, PageUp: () => at - 1,
      Home: () => 0, End: () => slides.length - 1,
    };
    bar.querySelectorAll("button").forEach((button, index) =>
      button.addEventListener("click", () => turn(at + (index ? 1 : -1))));
    addEventListener("keydown", (event) => {
      if (event.key === "Escape") location.assign(location.pathname);
      if (!keys[event.key] || event.target.closest("input, select, textarea, summary")) return;
      event.preventDefault();
      turn(keys[event.key]());
    });
    document.documentElement.classList.add("slides");
    article.append(bar);
    turn(0);
  };

  document.addEventListener("DOMContentLoaded", () => {
    const article = document.querySelector("article.bd-article");
    if (article && new URLSearchParams(location.search).has("slides")) open(article);
  });
})();
