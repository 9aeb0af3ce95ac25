// What Streamlit's own widgets leave unsaid to screen readers, said again whenever the page has changed.
(() => {
  const all = (selector) => document.querySelectorAll(selector);
  function mend() {
    // Groups of links: as a list it would be broken, since sections stand between it and its items.
    for (const list of all('[data-testid="stSidebarNavItems"]')) {
      list.setAttribute("role", "presentation");
      for (const section of list.children) {
        section.setAttribute("role", "group");
        section.setAttribute("aria-label", section.querySelector("header")?.innerText ?? "");
        for (const item of section.querySelectorAll("li")) item.setAttribute("role", "presentation");
      }
    }
  }
  if (window.workbenchMends) return;
  let waits = false;
  window.workbenchMends = new MutationObserver(() => {
    if (waits) return;
    waits = true;
    requestAnimationFrame(() => {
      waits = false;
      mend();
    });
  });
  window.workbenchMends.observe(document.body, { childList: true, subtree: true });
  mend();
})();
