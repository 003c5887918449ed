// Draws the charts of the figures from the numbers in the page. The tables are there first and stay: without this
// script, and without ECharts, they are what is shown.
"use strict";

(() => {
  const box = document.getElementById("pictures");
  if (!box || !window.echarts) return;
  const pictures = JSON.parse(box.textContent);
  const drawn = new Map();

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const size = () => parseFloat(getComputedStyle(document.documentElement).fontSize);

  function options(picture, wide) {
    const text = { color: colour("--ink"), fontSize: size() * 0.8125 };
    const soft = { color: colour("--soft"), fontSize: size() * 0.75 };
    const line = { lineStyle: { color: colour("--line") } };
    const names = {
      type: "category",
      data: picture.names,
      inverse: !picture.upright,
      axisLabel: picture.upright
        ? { ...soft, hideOverlap: true }
        : { ...text, width: size() * 6.5, overflow: "truncate", interval: 0 },
      axisTick: { show: false },
      axisLine: line,
    };
    const values = {
      type: "value",
      min: 0,
      max: picture.unit === "%" ? 100 : null,
      minInterval: 1,
      ...(picture.unit === "%" ? { interval: 25 } : { splitNumber: 4 }),
      axisLabel: { ...soft, formatter: `{value}${picture.unit}`, hideOverlap: true },
      splitLine: line,
    };
    return {
      animation: false,
      aria: { enabled: false }, // the box around it says what is in it, in words of our own
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      grid: { left: 4, right: picture.upright ? 8 : size() * 3.5, top: size(), bottom: 4, containLabel: true },
      xAxis: picture.upright ? names : values,
      yAxis: picture.upright ? values : names,
      series: [
        {
          type: "bar",
          data: picture.values,
          barMaxWidth: size() * 1.5,
          itemStyle: { color: colour("--green"), borderRadius: 3 },
          label: {
            show: !picture.upright || wide,
            position: picture.upright ? "top" : "right",
            ...(picture.upright ? soft : text),
            formatter: (point) => (picture.upright && !point.value ? "" : `${point.value}${picture.unit}`),
          },
          labelLayout: { hideOverlap: true },
          silent: true,
        },
      ],
    };
  }

  function draw(key) {
    const element = document.querySelector(`[data-chart="${key}"]`);
    const picture = pictures[key];
    if (!element || element.hidden || !picture) return;
    const height = picture.upright ? 15 : Math.max(6, 2.25 * picture.names.length + 2.5);
    element.style.height = `${height * size()}px`;
    if (!drawn.has(key)) drawn.set(key, window.echarts.init(element));
    drawn.get(key).resize();
    drawn.get(key).setOption(options(picture, element.clientWidth > 32 * size()), true);
  }

  function show(key, asChart) {
    const button = document.querySelector(`[data-toggle="${key}"]`);
    document.querySelector(`[data-chart="${key}"]`).hidden = !asChart;
    document.querySelector(`[data-table="${key}"]`).hidden = asChart;
    const rest = document.querySelector(`[data-rest="${key}"]`);
    if (rest) rest.hidden = !asChart;
    button.textContent = asChart ? button.dataset.asTable : button.dataset.asChart;
    draw(key);
  }

  for (const button of document.querySelectorAll("[data-toggle]")) {
    const key = button.dataset.toggle;
    button.hidden = false;
    button.addEventListener("click", () => show(key, document.querySelector(`[data-chart="${key}"]`).hidden));
    show(key, true);
  }

  let waiting = 0;
  const again = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => Object.keys(pictures).forEach(draw), 100);
  };
  window.addEventListener("resize", again);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
})();
