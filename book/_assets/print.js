// Before a page is printed: light colours, and every drop-down open, except the choices of a question, which would tell
// the answer. Afterwards all is as it was.
(() => {
  const page = document.documentElement;
  let undo = [];

  addEventListener("beforeprint", () => {
    const theme = page.dataset.theme;
    page.dataset.theme = "light";
    undo = [() => { page.dataset.theme = theme; }];
    for (const closed of document.querySelectorAll("article details:not([open], [name])")) {
      if (closed.closest(".explorer")) continue;
      closed.open = true;
      undo.push(() => { closed.open = false; });
    }
  });

  addEventListener("afterprint", () => {
    undo.forEach((step) => step());
    undo = [];
  });
})();
