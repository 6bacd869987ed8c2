// Which texts of the page are cut off, too small, too faint, or lie over one another.
(() => {
  const found = { width: document.documentElement.clientWidth, texts: 0, outside: [], small: [], faint: [], covered: [] };
  const channels = color => color.match(/[\d.]+/g).slice(0, 3).map(Number);
  const luminance = color => channels(color)
    .map(value => value / 255)
    .map(value => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (one, other) => {
    const [less, more] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (more + 0.05) / (less + 0.05);
  };
  const paper = getComputedStyle(document.body).backgroundColor;
  for (const element of document.querySelectorAll('h1, h2, p, th, td, svg text')) {
    if (element.textContent === '') continue;
    const style = getComputedStyle(element);
    const range = document.createRange();
    range.selectNodeContents(element);
    const box = range.getBoundingClientRect();
    const drawn = element.tagName === 'text';
    const scale = drawn ? element.getScreenCTM().a : 1;
    found.texts++;
    if (box.left < 0 || box.right > found.width + 0.5) found.outside.push(element.textContent);
    if (parseFloat(style.fontSize) * scale < 10) found.small.push(element.textContent);
    if (contrast(drawn ? style.fill : style.color, paper) < 4.5) found.faint.push(element.textContent);
    if (element.tagName === 'TD' || element.tagName === 'TH') {
      const cell = element.getBoundingClientRect();
      if (box.right > cell.right + 0.5 || box.left < cell.left - 0.5) found.covered.push(element.textContent);
    }
  }
  for (const chart of document.querySelectorAll('svg')) {
    const boxes = [...chart.querySelectorAll('text, rect')].map(shape => [shape, shape.getBBox()]);
    for (const [shape, one] of boxes.filter(([shape]) => shape.tagName === 'text')) {
      if (boxes.some(([other, two]) => other !== shape && one.x < two.x + two.width && two.x < one.x + one.width && one.y < two.y + two.height && two.y < one.y + one.height)) {
        found.covered.push(shape.textContent);
      }
    }
  }
  document.body.setAttribute('data-measured', JSON.stringify(found));
})();
