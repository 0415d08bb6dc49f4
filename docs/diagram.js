/**
 * Draws a diagram from its JSON: boxes at given places, straight arrows between their sides. The
 * same JSON gives the same bytes. Our own, because diagram tools need a browser or Java. Units are
 * pixels.
 */

const LINE_HEIGHT = 18
const STYLE = `
    .paper { fill: #ffffff; }
    .box { fill: #f6f8fa; stroke: #57606a; stroke-width: 1.5; }
    .program { fill: #ddf4ff; stroke: #0969da; }
    .store { fill: #dafbe1; stroke: #1a7f37; }
    .room { fill: none; stroke: #57606a; stroke-dasharray: 6 4; }
    .arrow { stroke: #57606a; stroke-width: 1.5; fill: none; }
    .head { fill: #57606a; }
    text { fill: #1f2328; font: 13px system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; }
    .title { font-weight: 600; font-size: 14px; }
    .label { fill: #57606a; font-size: 12px; }
    .halo { stroke: #ffffff; stroke-width: 5; stroke-linejoin: round; paint-order: stroke; }
    @media (prefers-color-scheme: dark) {
      .paper { fill: #0d1117; }
      .box { fill: #161b22; stroke: #8b949e; }
      .program { fill: #0c2d4d; stroke: #58a6ff; }
      .store { fill: #0f2d1a; stroke: #3fb950; }
      .room { fill: none; }
      .arrow { stroke: #8b949e; }
      .head { fill: #8b949e; }
      text { fill: #e6edf3; }
      .label { fill: #a0a8b1; }
      .halo { stroke: #0d1117; }
    }`

function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function textAt({ x, y, kind, anchor }, text) {
  return `<text x="${x}" y="${y}" class="${kind}" text-anchor="${anchor}">${escape(text)}</text>`
}

function drawNode({ at: [x, y], size: [width, height], kind = '', align = 'middle', ...node }) {
  const textX = align === 'middle' ? x + width / 2 : x + 12
  const lines = node.lines ?? []
  return [
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="8" class="box ${kind}"/>`,
    textAt({ x: textX, y: y + 24, kind: 'title', anchor: align }, node.title),
    ...lines.map((line, index) =>
      textAt({ x: textX, y: y + 46 + index * LINE_HEIGHT, kind: 'line', anchor: align }, line),
    ),
  ]
}

/** `right`, or `bottom 0.25`: the place on a side, from its left or upper end. */
function anchorOf({ at: [x, y], size: [width, height] }, side) {
  const [name, share = '0.5'] = side.split(' ')
  const part = Number(share)
  const places = {
    left: [x, y + height * part],
    right: [x + width, y + height * part],
    top: [x + width * part, y],
    bottom: [x + width * part, y + height],
  }
  return places[name]
}

function drawArrow(nodes, { from, to, label, dashed, shift = [0, -8] }) {
  const [x1, y1] = anchorOf(nodes[from[0]], from[1])
  const [x2, y2] = anchorOf(nodes[to[0]], to[1])
  const dashes = dashed ? ' stroke-dasharray="5 4"' : ''
  const place = { x: (x1 + x2) / 2 + shift[0], y: (y1 + y2) / 2 + shift[1] }
  return [
    `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" class="arrow" marker-end="url(#head)"${dashes}/>`,
    ...(label ? [textAt({ ...place, kind: 'label halo', anchor: 'middle' }, label)] : []),
  ]
}

/** The SVG, with colours for light and dark mode and a background of its own. */
export function drawDiagram({ title, description, size: [width, height], nodes, arrows }) {
  const drawn = [
    ...Object.values(nodes).flatMap((node) => drawNode(node)),
    ...arrows.flatMap((arrow) => drawArrow(nodes, arrow)),
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title description">
  <title id="title">${escape(title)}</title>
  <desc id="description">${escape(description)}</desc>
  <style>${STYLE}
  </style>
  <defs>
    <marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 L10 5 L0 10 z" class="head"/></marker>
  </defs>
  <rect width="${width}" height="${height}" rx="12" class="paper"/>
${drawn.map((line) => `  ${line}`).join('\n')}
</svg>
`
}
