// SPDX-License-Identifier: Apache-2.0
// All words of the status page; both languages have the same names.
"use strict";
const WORDS = {
  en: {
    token: "Token", requests: "Requests", per5: "every 5 s, last 15 minutes; errors in red",
    first: "First byte", percentiles: "ms, median and 95th percentile", chat: "Try a streamed chat",
    errors: "Last errors", exchanges: "Last exchanges", send: "Send", stop: "Stop", keyUse: "Use",
    keyAsk: "This relay wants a client key:", model: "model", prompt: "Say something",
    ready: "ready", notReady: "not ready", draining: "draining", lost: "relay does not answer",
    none: "none so far", noToken: "no token", fixed: "A fixed token is used; it is never renewed.",
    noAuth: "No token is used (source none).", forever: "The token has no end.",
    ends: "ends in", renews: "renewal in", renewing: "renewal is due", lifetime: "lifetime",
    generation: "generation", source: "source", waiting: "waiting", lastFailure: "Last failed renewal",
    inflight: "in flight", streams: "event streams", queued: "waiting for a place", connections: "connections",
    renewed: "renewals", failed: "failed renewals", uptime: "uptime", memory: "memory",
    time: "time", client: "client", endpoint: "endpoint", status: "status", outcome: "outcome",
    bytes: "bytes", pieces: "pieces", firstMs: "first ms", totalMs: "total ms", id: "request id",
    pieceFacts: (n, first, total) => `${n} pieces, first after ${first} ms, all after ${total} ms`,
    oneBurst: "They came in one burst: something between here and the model buffers.",
  },
  zh: {
    token: "令牌", requests: "请求", per5: "每 5 秒，最近 15 分钟；红色为错误",
    first: "首字节", percentiles: "毫秒，中位数与 95 分位", chat: "试一次流式对话",
    errors: "最近的错误", exchanges: "最近的请求", send: "发送", stop: "停止", keyUse: "使用",
    keyAsk: "此中继需要客户端密钥：", model: "模型", prompt: "说点什么",
    ready: "就绪", notReady: "未就绪", draining: "正在排空", lost: "中继没有应答",
    none: "暂无", noToken: "没有令牌", fixed: "使用固定令牌，不续期。",
    noAuth: "不使用令牌（来源为 none）。", forever: "该令牌没有到期时间。",
    ends: "到期还有", renews: "续期还有", renewing: "正在等待续期", lifetime: "有效期",
    generation: "代次", source: "来源", waiting: "等待中", lastFailure: "最近一次续期失败",
    inflight: "进行中", streams: "事件流", queued: "排队", connections: "连接",
    renewed: "续期次数", failed: "续期失败", uptime: "运行时间", memory: "内存",
    time: "时间", client: "客户端", endpoint: "接口", status: "状态", outcome: "结果",
    bytes: "字节", pieces: "片段", firstMs: "首字节 ms", totalMs: "总计 ms", id: "请求 id",
    pieceFacts: (n, first, total) => `共 ${n} 个片段，首个在 ${first} ms 后，全部在 ${total} ms 后`,
    oneBurst: "片段是一次性到达的：从这里到模型之间有缓冲。",
  },
};
