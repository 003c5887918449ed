// A program under test: wechat-crypto and @wecom/crypto from npm open its callbacks and seal its replies.
//
// The first line it prints is its port. Then one line for every callback: what came and what was inside.
'use strict';

const http = require('http');
const WXBizMsgCrypt = require('wechat-crypto');
const wecom = require('@wecom/crypto');

const { token, aesKey, appId, corpId } = JSON.parse(process.argv[2]);
const official = new WXBizMsgCrypt(token, aesKey, appId);

// Both libraries under one shape; each does its own signing, opening and sealing.
const channels = {
  official: {
    sign: (timestamp, nonce, sealed) => official.getSignature(timestamp, nonce, sealed),
    open: (sealed) => official.decrypt(sealed),
    seal: (text) => official.encrypt(text),
  },
  wecom: {
    sign: (timestamp, nonce, sealed) => wecom.getSignature(token, timestamp, nonce, sealed),
    open: (sealed) => wecom.decrypt(aesKey, sealed),
    seal: (text) => wecom.encrypt(aesKey, text, corpId),
  },
};

const field = (xml, name) => {
  const found = xml.match(new RegExp(`<${name}>(?:<!\\[CDATA\\[([\\s\\S]*?)\\]\\]>|([^<]*))</${name}>`));
  return found ? found[1] || found[2] || '' : null;
};
const tell = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

function verify(channel, query, raw) {
  const echostr = query.get('echostr');
  const [timestamp, nonce] = [query.get('timestamp'), query.get('nonce')];
  if (!query.has('msg_signature')) {
    // The Official Account proves itself without any ciphertext.
    tell({ verified: channel.sign(timestamp, nonce, '') === query.get('signature'), echostr, raw });
    return echostr;
  }
  const inside = channel.open(echostr);
  tell({ verified: channel.sign(timestamp, nonce, echostr) === query.get('msg_signature'), echostr, raw, ...inside });
  return inside.message;
}

function receive(channel, query, body) {
  const [timestamp, nonce, sealed] = [query.get('timestamp'), query.get('nonce'), field(body, 'Encrypt')];
  const genuine = channel.sign(timestamp, nonce, sealed) === query.get('msg_signature');
  const { message, id } = channel.open(sealed);
  tell({ genuine, id, body, message });
  const reply = '<xml>'
    + `<ToUserName><![CDATA[${field(message, 'FromUserName')}]]></ToUserName>`
    + `<FromUserName><![CDATA[${field(message, 'ToUserName')}]]></FromUserName>`
    + `<CreateTime>${timestamp}</CreateTime><MsgType><![CDATA[text]]></MsgType>`
    + `<Content><![CDATA[收到：${field(message, 'Content')}]]></Content></xml>`;
  const answer = channel.seal(reply);
  return `<xml><Encrypt><![CDATA[${answer}]]></Encrypt>`
    + `<MsgSignature><![CDATA[${channel.sign(timestamp, nonce, answer)}]]></MsgSignature>`
    + `<TimeStamp>${timestamp}</TimeStamp><Nonce><![CDATA[${nonce}]]></Nonce></xml>`;
}

const server = http.createServer((request, response) => {
  const url = new URL(request.url, 'http://127.0.0.1');
  const channel = channels[url.pathname.split('/').pop()];
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString('utf8');
    response.end(request.method === 'GET'
      ? verify(channel, url.searchParams, url.search)
      : receive(channel, url.searchParams, body));
  });
});
server.listen(0, '127.0.0.1', () => tell({ port: server.address().port }));
