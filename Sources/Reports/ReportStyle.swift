/// Looks and behaviour of the report's page.
enum ReportStyle {
  static let css = """
    :root{--page:#f6f6f4;--card:#fff;--ink:#16181d;--soft:#5d636e;--line:#e2e2dd;--grid:#ecece8;
    --s0:#2a6fdb;--s1:#d9622b;--s2:#13936a;--s3:#9a5bd0;--s4:#c49000;--s5:#d2487f}
    @media (prefers-color-scheme:dark){:root{--page:#131416;--card:#1c1e21;--ink:#ececea;--soft:#a0a5ae;--line:#32353a;
    --grid:#2a2d31;--s0:#6aa5ff;--s1:#f2935f;--s2:#4cc79a;--s3:#be92ee;--s4:#e0b843;--s5:#f07fab}}
    *{box-sizing:border-box}body{margin:0 auto;max-width:1240px;padding:28px 24px 48px;background:var(--page);color:var(--ink);
    font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
    h1{margin:0;font-size:26px;letter-spacing:-.01em}h2{margin:36px 0 12px;font-size:17px}
    .facts{display:flex;flex-wrap:wrap;gap:4px 20px;margin:8px 0 0;color:var(--soft)}.facts dt{display:inline}
    .facts dd{display:inline;margin:0 0 0 -14px;color:var(--ink);font-weight:600;overflow-wrap:anywhere}
    .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:12px;margin-top:22px}
    .tiles div,.chart,article,details,.scroll{background:var(--card);border:1px solid var(--line);border-radius:10px}
    .tiles div{padding:12px 14px;display:flex;flex-direction:column}.tiles span,.tiles small{color:var(--soft);font-size:13px}
    .tiles b{font-size:25px;line-height:1.25;font-weight:650;font-variant-numeric:tabular-nums}
    .charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,480px),1fr));gap:16px}
    .chart{margin:0;padding:14px 14px 8px;position:relative}.chart figcaption span{color:var(--soft);font-size:13px;margin-left:6px}
    .chart svg{display:block;width:100%;height:auto;margin-top:6px;touch-action:pan-y}
    svg text{fill:var(--soft);font-size:12px;font-variant-numeric:tabular-nums}svg .grid{stroke:var(--grid)}
    .cursor{stroke:var(--soft);stroke-dasharray:3 3;visibility:hidden}
    polyline{fill:none;stroke:var(--c);stroke-width:2;stroke-dasharray:var(--d,none);stroke-linejoin:round;stroke-linecap:round}
    polyline.pale{opacity:.28;stroke-width:1.2}circle{fill:var(--c);stroke:var(--card);stroke-width:1.5}
    .s0{--c:var(--s0)}.s1{--c:var(--s1)}.s2{--c:var(--s2)}.s3{--c:var(--s3)}.s4{--c:var(--s4)}.s5{--c:var(--s5)}
    .s6,.s12{--c:var(--s0)}.s7,.s13{--c:var(--s1)}.s8,.s14{--c:var(--s2)}.s9,.s15{--c:var(--s3)}.s10,.s16{--c:var(--s4)}
    .s11,.s17{--c:var(--s5)}.s6,.s7,.s8,.s9,.s10,.s11{--d:7 4}.s12,.s13,.s14,.s15,.s16,.s17{--d:2 4}
    .legend{display:flex;flex-wrap:wrap;gap:2px 16px;list-style:none;margin:4px 0 0;padding:0;color:var(--soft);font-size:13px}
    .intervals{margin:0;padding:14px 14px 8px;background:var(--card);border:1px solid var(--line);border-radius:10px}
    .intervals figcaption span{color:var(--soft);font-size:13px;margin-left:6px}.intervals svg{display:block;width:100%;height:auto;margin-top:6px}
    .zero{stroke:var(--soft)}.grid-chart{margin:0 0 16px;padding:14px;background:var(--card);border:1px solid var(--line);border-radius:10px}
    .grid-chart figcaption span,.small span{color:var(--soft);font-size:13px}.small span{float:right}.small b{font-size:13px;font-weight:600}
    .small{display:grid;grid-template-columns:repeat(auto-fill,minmax(180px,1fr));gap:14px 18px;margin-top:10px}
    .small svg{display:block;width:100%;height:auto}.small svg text{font-size:10px}polyline.faint{stroke:var(--soft);stroke-width:1;opacity:.22}
    .reach{stroke:var(--c);stroke-width:2.5;stroke-linecap:round;opacity:.55}
    .legend li::before{content:"";display:inline-block;width:12px;height:3px;border-radius:2px;background:var(--c);margin-right:6px;vertical-align:middle}
    .chart output{position:absolute;pointer-events:none;background:var(--ink);color:var(--page);padding:5px 9px;border-radius:6px;
    font-size:12px;white-space:pre;font-variant-numeric:tabular-nums;z-index:1}
    article{padding:14px 16px;margin-bottom:12px}article h3{margin:0 0 10px;font-size:15px;white-space:pre-wrap}
    .answers{display:grid;grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:14px}
    .answers h4{margin:0;color:var(--soft);font-size:13px;font-weight:600}.answers p{margin:2px 0 0;white-space:pre-wrap;overflow-wrap:anywhere}
    .scroll{overflow-x:auto}table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}
    th,td{padding:7px 14px;text-align:right;border-bottom:1px solid var(--line)}th:first-child{text-align:left;font-weight:500}
    thead th{color:var(--soft);font-size:13px;font-weight:500}tbody tr:last-child>*{border-bottom:0}
    details{padding:12px 16px}summary{cursor:pointer}pre{margin:10px 0 0;overflow-x:auto;font:13px/1.5 ui-monospace,"DejaVu Sans Mono",monospace}
    footer{margin-top:36px;color:var(--soft);font-size:13px}
    @media print{body{background:#fff}.chart,article{break-inside:avoid}}
    """

  static let script = """
    for(const f of document.querySelectorAll('.chart')){const svg=f.querySelector('svg'),cur=f.querySelector('.cursor'),
    out=f.querySelector('output'),series=JSON.parse(f.dataset.series),[l,r]=f.dataset.frame.split(' ').map(Number),
    [a,b]=f.dataset.steps.split(' ').map(Number);
    svg.addEventListener('pointermove',e=>{const box=svg.getBoundingClientRect(),k=box.width/560;
    const want=a+((e.clientX-box.left)/k-l)/(r-l)*(b-a);const near=p=>p.reduce((m,q)=>Math.abs(q[0]-want)<Math.abs(m[0]-want)?q:m);
    const step=series.map(s=>near(s.p)).reduce((m,q)=>Math.abs(q[0]-want)<Math.abs(m[0]-want)?q:m)[0];
    const x=l+(step-a)/(b-a)*(r-l);cur.setAttribute('x1',x);cur.setAttribute('x2',x);cur.style.visibility='visible';
    out.textContent='step '+step+series.map(s=>{const q=s.p.find(p=>p[0]===step);
    return q?'\\n'+(series.length>1?s.n+'  ':'')+q[1]:''}).join('');out.hidden=false;
    const px=box.left-f.getBoundingClientRect().left+x*k;
    out.style.top=(svg.getBoundingClientRect().top-f.getBoundingClientRect().top+14)+'px';
    out.style.left=(px+12+out.offsetWidth>f.clientWidth?px-12-out.offsetWidth:px+12)+'px'});
    svg.addEventListener('pointerleave',()=>{cur.style.visibility='hidden';out.hidden=true})}
    """
}
