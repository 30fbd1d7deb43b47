// The generator marks bibliography entries with a role that screen readers no longer support; a list item is what they are.
document.addEventListener("DOMContentLoaded", () => {
  for (const entry of document.querySelectorAll('.citation-list[role="list"] > .citation')) {
    entry.setAttribute("role", "listitem");
  }
});
