// SPDX-License-Identifier: Apache-2.0

extension StatusPage {
    /// Elements with `data-t` get their words from `words`, by language.
    static let markup = #"""
        <header>
          <h1>tokenrelay</h1><span id="state" class="pill"></span><span id="version" class="dim"></span>
          <span class="grow"></span><button id="language" type="button">中文</button>
        </header>
        <form id="keybox" hidden>
          <label data-t="keyAsk" for="key"></label>
          <input id="key" type="password" autocomplete="off"><button data-t="keyUse"></button>
        </form>
        <main>
          <section class="wide">
            <h2 data-t="token"></h2>
            <div id="bar" role="img" aria-labelledby="tokenline"><div id="lived"></div><div id="renewal"></div></div>
            <p id="tokenline"></p><p id="tokenfacts" class="dim"></p>
            <div id="tokenfault" class="fault" hidden></div>
          </section>
          <section class="wide tiles" id="tiles"></section>
          <section><h2><span data-t="requests"></span> <small data-t="per5"></small></h2>
            <canvas id="requests" height="140"></canvas></section>
          <section><h2><span data-t="first"></span> <small data-t="percentiles"></small></h2>
            <canvas id="first" height="140"></canvas></section>
          <section class="wide">
            <h2 data-t="chat"></h2>
            <form id="chat">
              <input id="model" list="models" size="24"><datalist id="models"></datalist>
              <input id="prompt" class="grow"><button data-t="send" id="send"></button>
              <button data-t="stop" id="stop" type="button" hidden></button>
            </form>
            <p id="chatfacts" class="dim"></p><pre id="answer" hidden></pre>
          </section>
          <section class="wide"><h2 data-t="errors"></h2><div id="errors"></div></section>
          <section class="wide"><h2 data-t="exchanges"></h2>
            <div class="scroll"><table><thead><tr id="heads"></tr></thead><tbody id="exchanges"></tbody></table></div>
          </section>
        </main>
        """#

    static let style = #"""

        :root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--fg:#1b1f24;--dim:#66707c;--line:#dde1e6;
        --good:#1a7f4b;--warn:#b26a00;--bad:#c0362c;--mark:#2f6fdb}
        @media(prefers-color-scheme:dark){:root{--bg:#14171b;--card:#1d2126;--fg:#e4e7eb;--dim:#929ba6;--line:#343a42;
        --good:#4cc38a;--warn:#e0a343;--bad:#f0766b;--mark:#6ba1f5}}
        [hidden]{display:none!important}*{box-sizing:border-box}
        body{margin:0;background:var(--bg);color:var(--fg);
        font:15px/1.5 system-ui,"PingFang SC","Microsoft YaHei",sans-serif}
        header,form{display:flex;gap:.6em;align-items:center;flex-wrap:wrap}
        header,#keybox{padding:.7em 1.2em}
        h1{font-size:1.15em;margin:0}h2{font-size:1em;margin:0 0 .5em}h2 small{font-weight:400;color:var(--dim)}
        .grow{flex:1}.dim{color:var(--dim)}p{margin:.4em 0}
        main{display:grid;grid-template-columns:repeat(auto-fit,minmax(320px,1fr));gap:1em;padding:0 1.2em 1.2em}
        section{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.9em 1.1em;min-width:0}
        .wide{grid-column:1/-1}
        .pill{padding:.1em .7em;border-radius:1em;color:#fff;background:var(--dim);font-size:.85em}
        .pill.good{background:#1a7f4b}.pill.bad{background:#c0362c}.pill.warn{background:#9a5b00}
        #bar{position:relative;height:14px;border-radius:7px;background:var(--line);overflow:hidden}
        #lived{height:100%;width:0;background:var(--good)}#lived.warn{background:var(--warn)}
        #lived.bad{background:var(--bad)}
        #renewal{position:absolute;top:0;bottom:0;width:2px;background:var(--fg);opacity:.7}
        .tiles{display:flex;flex-wrap:wrap;gap:.4em 2.2em}
        .tiles b{display:block;font-size:1.35em;font-variant-numeric:tabular-nums}
        .tiles span{color:var(--dim);font-size:.85em}
        canvas{width:100%;height:140px;display:block}
        button,input{font:inherit;color:inherit;background:var(--bg);
        border:1px solid var(--line);border-radius:6px;padding:.25em .7em}
        button{cursor:pointer}input:focus-visible,button:focus-visible{outline:2px solid var(--mark)}
        .fault{border-left:3px solid var(--bad);padding:.2em .8em;margin:.5em 0}.fault code{font-weight:600}
        .fault .cure::before{content:"\2192\00a0"}
        .scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.87em;
        font-variant-numeric:tabular-nums}
        th,td{text-align:left;padding:.2em .7em .2em 0;white-space:nowrap;border-bottom:1px solid var(--line)}
        th{color:var(--dim);font-weight:500}td.n,th.n{text-align:right}tr.bad td{color:var(--bad)}
        pre{white-space:pre-wrap;overflow-wrap:anywhere;max-height:22em;overflow-y:auto;margin:.5em 0 0}

        """#
}
