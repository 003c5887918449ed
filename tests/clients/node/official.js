// Drives co-wechat-api from npm: one call a line comes in as JSON, one answer a line goes out as JSON.
//
// The first call is `open`, with the platform's address, the app id and its secret; it may come again.
'use strict';

const readline = require('readline');
const WechatAPI = require('co-wechat-api');

let api;

function open([platform, appId, secret]) {
  api = new WechatAPI(appId, secret);
  for (const name of ['prefix', 'mpPrefix', 'fileServerPrefix']) api[name] = `${platform}/cgi-bin/`;
  api.snsPrefix = `${platform}/sns/`;
  api.customservicePrefix = `${platform}/customservice/`;
  api.wxaPrefix = `${platform}/wxa/`;
}

async function answer(line) {
  const { call, args } = JSON.parse(line);
  if (call === 'open') return { result: open(args) };
  try {
    const result = await api[call](...args);
    return { result: Buffer.isBuffer(result) ? { base64: result.toString('base64') } : result };
  } catch (error) {
    return { error: { name: error.name, code: error.code || 0, message: error.message } };
  }
}

readline.createInterface({ input: process.stdin }).on('line', async (line) => {
  process.stdout.write(`${JSON.stringify(await answer(line))}\n`);
});
