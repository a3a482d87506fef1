/* The hands of the page: reads the choice, shows every school's kronor. */
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const locale = data.language === "sv" ? "sv-SE" : "en-GB";
  const byId = (id) => document.getElementById(id);
  const form = byId("choice"), rows = [...document.querySelectorAll("#amounts tbody tr")];
  const kronor = (n) => `${n.toLocaleString(locale).replace(/-/g, "\u2212").replace(/\u202f/g, "\u00a0")}\u00a0kr`;
  const signed = (n) => (n > 0n ? "+" : "") + kronor(n);
  const whole = (id) => { const v = byId(id).value.trim(); return /^\d+$/.test(v) ? Number(v) : null; };
  const choice = () => ({
    pot: Math.round(Number(byId("pot").value) * 10),
    formula: new FormData(form).get("formula"),
    floor: whole("floor"),
    cap: whole("cap"),
    loss: whole("loss") === null ? null : whole("loss") * 10,
  });
  function show() {
    const chosen = choice();
    byId("pot-told").textContent = `${(chosen.pot / 10).toLocaleString(locale, { minimumFractionDigits: 1 })}\u00a0%`;
    const found = likvard.explore(data.units, chosen, data.threshold);
    const problem = byId("problem");
    if (found.problem) {
      const short = found.short === undefined ? "" : kronor(found.short);
      const unit = found.unit === undefined ? "" : data.units[found.unit].name;
      problem.textContent = data.words[found.problem].replace("[amount]", short).replace("[school]", unit);
      byId("told").textContent = data.words.none;
      rows.forEach((row) => { row.querySelector(".new").textContent = "–"; row.querySelector(".gap").textContent = "–"; row.querySelector(".per").textContent = "–"; });
      byId("sum").textContent = "–";
      return;
    }
    problem.textContent = "";
    let gain = 0, lose = 0;
    found.amounts.forEach((amount, i) => {
      const unit = data.units[i], gap = amount - BigInt(unit.total), row = rows[i];
      row.querySelector(".new").textContent = kronor(amount);
      row.querySelector(".gap").textContent = signed(gap);
      row.querySelector(".per").textContent = kronor((2n * amount + BigInt(unit.pupils)) / (2n * BigInt(unit.pupils)));
      row.dataset.kronor = String(amount);
      const bar = row.querySelector(".meter");
      const share = Number(gap) / unit.total * 100;
      bar.setAttribute("x", `${50 + Math.min(0, Math.max(-50, share * 4))}%`);
      bar.setAttribute("width", `${Math.min(50, Math.abs(share) * 4)}%`);
      bar.setAttribute("class", `meter ${gap < 0n ? "down" : "up"}`);
      if (gap > 0n) gain += 1;
      if (gap < 0n) lose += 1;
    });
    const per = found.amounts.map((a, i) => Number(a) / data.units[i].pupils);
    byId("sum").textContent = kronor(found.amounts.reduce((a, b) => a + b, 0n));
    byId("told").textContent = (gain + lose ? `${data.words.gain.replace("[count]", gain)} ${data.words.lose.replace("[count]", lose)}` : data.words.equal)
      + ` ${data.words.spread.replace("[ratio]", (Math.max(...per) / Math.min(...per)).toLocaleString(locale, { maximumFractionDigits: 2, minimumFractionDigits: 2 }))}`;
  }
  form.addEventListener("input", show);
  form.addEventListener("reset", () => setTimeout(show));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  show();
})();
