/** The look of the server's own pages: calm, readable, in light and dark, without any font or image from elsewhere. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1c2430;--soft:#55606f;--paper:#f3f5f7;--card:#fff;--line:#cfd6de;--deep:#1f5c54;--deep-ink:#fff;--bad:#a3261c;--bad-paper:#fdf0ee;--code:#eef2f4}
@media (prefers-color-scheme:dark){:root{--ink:#e8ecf1;--soft:#a9b4c0;--paper:#12171d;--card:#1a2129;--line:#394553;--deep:#7fc9bb;--deep-ink:#0d1714;--bad:#ffb0a6;--bad-paper:#3a1d1a;--code:#232c36}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main{max-width:34rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}
.brand{display:flex;align-items:center;gap:.6rem;font-weight:600;letter-spacing:.01em;margin:0 0 1.75rem}
.brand svg{width:1.6rem;height:1.6rem;fill:none;stroke:var(--deep);stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.card{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:1.75rem}
.steps{color:var(--soft);font-size:.9rem;margin:0 0 .35rem}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .75rem;font-weight:650;text-wrap:balance}
h2{font-size:1.05rem;margin:1.75rem 0 .4rem}
p{margin:.5rem 0 1rem}
label{display:block;font-weight:600;margin:1.2rem 0 .3rem}
.hint{color:var(--soft);font-size:.92rem;margin:0 0 .45rem}
input{display:block;width:100%;font:inherit;color:inherit;background:var(--card);border:1px solid var(--soft);border-radius:9px;padding:.65rem .75rem;min-height:2.75rem}
input[aria-invalid=true]{border-color:var(--bad);border-width:2px}
.digits{font-size:1.4rem;letter-spacing:.3em;max-width:13rem;font-variant-numeric:tabular-nums}
button{font:inherit;font-weight:600;margin-top:1.5rem;border:0;border-radius:9px;padding:.75rem 1.4rem;min-height:2.9rem;background:var(--deep);color:var(--deep-ink);cursor:pointer}
button:hover{filter:brightness(1.08)}
:focus-visible{outline:3px solid var(--deep);outline-offset:2px}
.error{color:var(--bad);margin:.35rem 0 .45rem;font-weight:600}
.alert{background:var(--bad-paper);color:var(--bad);border-radius:9px;padding:.75rem 1rem;margin:0 0 1rem;font-weight:600}
.qr{display:block;width:min(15rem,70vw);height:auto;margin:1rem 0;border-radius:9px;border:1px solid var(--line)}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.92rem}
.secret{display:block;background:var(--code);border-radius:9px;padding:.7rem .9rem;word-spacing:.25em;overflow-wrap:anywhere;user-select:all}
pre{background:var(--code);border-radius:9px;padding:.7rem .9rem;margin:.3rem 0 0;white-space:pre-wrap;overflow-wrap:anywhere;user-select:all}
ol{padding-left:1.3rem;margin:.5rem 0}
ol li{margin:0 0 1rem}
a{color:var(--deep)}
`;
