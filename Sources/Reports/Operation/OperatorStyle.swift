/// Looks and behaviour that the operator's pages have beside a report's.
enum OperatorStyle {
  static let css = """
    :root{--good:#13936a;--bad:#c8373a;--busy:#2a6fdb;--idle:#b27c00}
    @media (prefers-color-scheme:dark){:root{--good:#4cc79a;--bad:#f2797b;--busy:#6aa5ff;--idle:#e0b843}}
    body{padding-top:0}a{color:var(--busy);text-decoration-thickness:1px;text-underline-offset:2px}
    .bar{display:flex;align-items:center;gap:12px;padding:16px 0 12px;border-bottom:1px solid var(--line)}
    .brand{font-weight:700;font-size:18px;letter-spacing:-.01em;color:var(--ink);text-decoration:none}
    .where{color:var(--soft);font:13px ui-monospace,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
    .live{margin-left:auto;color:var(--soft);font-size:13px;white-space:nowrap}
    .live::before{content:"";display:inline-block;width:8px;height:8px;border-radius:50%;margin-right:6px;background:var(--good)}
    .live.away::before{background:var(--bad)}.live.paused::before{background:var(--idle)}
    nav{margin:16px 0 4px}h1{font-size:24px;overflow-wrap:anywhere}h2{margin:30px 0 10px}
    .top{display:flex;align-items:center;gap:12px;justify-content:space-between;flex-wrap:wrap}
    .message{margin:6px 0 10px;color:var(--soft);overflow-wrap:anywhere}
    .badge{font-size:12px;font-weight:600;padding:2px 9px;border-radius:99px;border:1px solid currentColor;white-space:nowrap;color:var(--soft)}
    .badge.running{color:var(--busy)}.badge.finished{color:var(--good)}.badge.failed{color:var(--bad)}.badge.waiting{color:var(--idle)}
    progress{display:block;width:100%;height:6px;border:0;border-radius:3px;background:var(--line);appearance:none;overflow:hidden;
    accent-color:var(--busy)}progress::-webkit-progress-bar{background:var(--line)}
    progress::-webkit-progress-value{background:var(--busy)}progress::-moz-progress-bar{background:var(--busy)}
    .runs{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,360px),1fr));gap:12px}
    .run{display:flex;flex-direction:column;gap:8px;padding:14px 16px;background:var(--card);border:1px solid var(--line);border-radius:10px;
    color:var(--ink);text-decoration:none}.run:hover,.run:focus-visible{border-color:var(--busy)}
    .run b{overflow-wrap:anywhere}.run .message{margin:0;font-size:13px}
    .figures{display:flex;flex-wrap:wrap;gap:2px 14px;font-variant-numeric:tabular-nums;font-size:14px}
    .texts th,.texts td{text-align:left}.texts th,.texts td{white-space:nowrap}
    code{font:13px ui-monospace,"DejaVu Sans Mono",monospace}
    .badge.training{color:var(--good)}.badge.joining{color:var(--busy)}.badge.stalled{color:var(--idle)}.badge.refused{color:var(--bad)}
    .badge.answering{color:var(--good)}.badge.new{color:var(--busy)}.badge.slow{color:var(--idle)}.badge.away,.badge.left.out{color:var(--bad)}
    .share{width:72px;height:8px;border-radius:3px;vertical-align:1px;margin-right:6px}.share rect{fill:var(--busy)}.share .rest{fill:var(--line)}
    .none,.note{color:var(--soft);margin:6px 0 12px}
    .waits{margin:0;padding:14px;background:var(--card);border:1px solid var(--line);border-radius:10px}
    .waits svg{display:block;width:100%;height:22px;border-radius:5px}.waits rect{fill:var(--c)}.waits .legend{margin-top:10px}
    #curves details{margin-top:16px}#curves details .charts{margin-top:14px}
    .facts dd{margin:0 14px 0 -8px}
    @media (max-width:560px){body{padding:0 14px 40px}.tiles{grid-template-columns:repeat(2,1fr)}.tiles b{font-size:21px}h1{font-size:20px}
    th,td{padding:7px 9px}.texts th[scope=row]{max-width:132px;overflow:hidden;text-overflow:ellipsis}}
    """

  /// Fetches the page anew every few seconds and puts its main part in place of the old one, unless somebody is reading a chart,
  /// has marked text, or looks at another tab.
  static let script = """
    const live=document.getElementById('live');let busy=false,count=0;
    const say=(word,kind)=>{live.textContent=word;live.className='live '+kind};
    async function refresh(){if(busy||document.hidden||document.querySelector('.chart:hover'))return;
    if(String(getSelection())){say('paused while text is marked','paused');return}
    busy=true;try{const answer=await fetch(location.pathname,{cache:'no-store',credentials:'same-origin'});
    if(!answer.ok)throw new Error(answer.status);
    const page=new DOMParser().parseFromString(await answer.text(),'text/html');
    const old=document.querySelector('main'),fresh=page.querySelector('main');if(!fresh)throw new Error('no page');
    const open=[...old.querySelectorAll('details')].map(d=>d.open);
    [...fresh.querySelectorAll('details')].forEach((d,i)=>{d.open=open[i]||false});
    old.replaceWith(fresh);document.title=page.title;wire();live.dataset.count=++count;
    say('live','')}
    catch(e){say('the coordinator is away','away')}finally{busy=false}}
    wire();setInterval(refresh,3000);
    """

  static let icon = """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#2a6fdb"/>\
    <path d="M12 6h8M14 6v8l-6 9a2 2 0 0 0 2 3h12a2 2 0 0 0 2-3l-6-9V6" fill="none" stroke="#fff" stroke-width="2.4" \
    stroke-linecap="round" stroke-linejoin="round"/></svg>
    """
}
