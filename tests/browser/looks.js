// What a reader would see on this page; returns a list of complaints.
({ width }) => {
  const complaints = [];
  const shorten = (element) => element.outerHTML.replace(/\s+/g, " ").slice(0, 120);

  // Mathematics: every formula typeset, none in error, no TeX left in the text.
  const formulas = document.querySelectorAll(".math.notranslate");
  for (const formula of formulas) {
    if (!formula.querySelector("mjx-container")) complaints.push(`not typeset: ${shorten(formula)}`);
  }
  for (const bad of document.querySelectorAll("mjx-merror, [data-mjx-error]")) {
    complaints.push(`error in a formula: ${bad.getAttribute("data-mjx-error") ?? shorten(bad)}`);
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    if (text.parentElement.closest("pre, code, script, style, mjx-container")) continue;
    if (/\$\$|\\\(|\\\[|\\begin\{/.test(text.data)) complaints.push(`raw TeX: ${text.data.trim().slice(0, 80)}`);
  }

  // Images: words for those who do not see them. MyST-NB's stand-in is the file name.
  for (const image of document.querySelectorAll("img")) {
    const alt = image.getAttribute("alt") ?? "";
    if (!alt.trim() || /\.(svg|png|jpe?g|gif)$/i.test(alt)) complaints.push(`no alt text: ${shorten(image)}`);
    if (image.complete && image.naturalWidth === 0) complaints.push(`broken image: ${shorten(image)}`);
  }
  for (const video of document.querySelectorAll("video")) {
    if (!video.getAttribute("aria-label")) complaints.push(`no aria-label: ${shorten(video).slice(0, 60)}`);
  }

  // Width: nothing sticks out, unless it can be scrolled to in a box of its own.
  if (document.documentElement.scrollWidth > width) {
    complaints.push(`the page is ${document.documentElement.scrollWidth} px wide on ${width} px`);
  }
  const scrolls = (element) => {
    for (let box = element; box !== document.body; box = box.parentElement) {
      if (/auto|scroll/.test(getComputedStyle(box).overflowX)) return true;
    }
    return false;
  };
  for (const element of document.querySelectorAll("p, li, td, dt, dd, pre, img, video, svg, table, mjx-container, h1, h2, h3, canvas, input, button")) {
    const box = element.getBoundingClientRect();
    if (box.width > 0 && box.right > width + 1 && !scrolls(element)) {
      complaints.push(`sticks out to ${Math.round(box.right)} px: ${shorten(element)}`);
    }
  }

  // Scripts only where they are needed.
  const loaded = [...document.scripts].map((script) => script.src);
  const has = (name) => loaded.some((source) => source.includes(name));
  const live = document.querySelectorAll('script[type="application/vnd.jupyter.widget-view+json"]').length;
  if (!formulas.length && has("mathjax/")) complaints.push("MathJax on a page without formulas");
  if (!live && has("anywidget-static-host")) complaints.push("figure host on a page without live figures");
  return complaints;
}
