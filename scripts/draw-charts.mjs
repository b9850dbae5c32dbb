// Draws the statecharts for the page, when it is built: they don't change while it is shown.
import { Graphviz } from '@hpcc-js/wasm-graphviz';
import { loadSource } from './load-source.mjs';

/** SVG texts by the name of the chart. */
export async function drawCharts() {
  const { charts, dot } = await loadSource(
    "export { charts } from './src/drawing/charts.ts'; export { dot } from './src/drawing/dot.ts';",
  );
  const graphviz = await Graphviz.load();
  return Object.fromEntries(
    Array.from(charts, ([name, machine]) => [
      name,
      forPage(graphviz.layout(dot(machine), 'svg', 'dot'), name),
    ]),
  );
}

/**
 * Without fonts, colours and titles: those are the page's. What a group stands for is in `data-state`, or in `data-from`
 * and `data-to`.
 */
function forPage(svg, name) {
  return svg
    .replace(/^[\s\S]*?<svg/, '<svg')
    .replace(/<!--[\s\S]*?-->\n?/g, '')
    .replace(/<title>[\s\S]*?<\/title>\n?/g, '')
    .replace(/<polygon fill="transparent"[^>]*\/>\n?/, '')
    .replace(/ (fill|stroke|font-family|font-size|style)="[^"]*"/g, '')
    .replace(/ xmlns:xlink="[^"]*"/, '')
    .replace(/<svg width="(\d+)pt" height="(\d+)pt"/, `<svg class="chart" data-chart="${name}"`)
    .replace(/<g id="t\.([^"]*)\.to\.([^"]*)"/g, '<g data-from="$1" data-to="$2"')
    .replace(/<g id="s\.([^"]*)"/g, '<g data-state="$1"')
    .replace(/ id="(graph|node|edge|clust)\d+"/g, '')
    .replaceAll('&#45;', '-')
    .replace(/class="(node|edge|cluster|graph) /g, 'class="')
    .replace(/\n+/g, '\n');
}
