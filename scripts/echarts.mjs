// The chart library, only the parts the pages use: bundled into one script that sets the global `echarts`, which the
// browser half's chart module calls. A chart type or component that is not named here does not exist in the browser.
import { BarChart, LineChart } from "echarts/charts";
import {
  AriaComponent,
  BrushComponent,
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  MarkLineComponent,
  TooltipComponent,
} from "echarts/components";
import { connect, disconnect, dispose, getInstanceByDom, init, registerTheme, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([
  BarChart,
  LineChart,
  AriaComponent,
  BrushComponent,
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  MarkLineComponent,
  TooltipComponent,
  CanvasRenderer,
]);

export { connect, disconnect, dispose, getInstanceByDom, init, registerTheme };
