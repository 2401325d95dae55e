// What the page's own script, ../report.js, draws with; all else is left out
// of the bundle.
import {
  axisX, axisY, barX, cell, crosshairX, dot, frame, gridX, gridY, lineY, link, plot,
  pointer, pointerX, pointerY, rect, ruleX, ruleY, text, tip,
} from "@observablehq/plot";
import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY } from "d3-force";

globalThis.Plot = {
  axisX, axisY, barX, cell, crosshairX, dot, frame, gridX, gridY, lineY, link, plot,
  pointer, pointerX, pointerY, rect, ruleX, ruleY, text, tip,
};
globalThis.Force = { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY };
