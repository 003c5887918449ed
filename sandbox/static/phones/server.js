// The sandbox's control interface as the page uses it, and the accounts it has.

const accounts = new Map();

/** The answer as JSON; an Error with the sandbox's own words when it refuses. */
export async function ask(method, path, body) {
  const options = { method, headers: {} };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const response = await fetch(path, options);
  const data = await response.json();
  if (!response.ok) throw new Error(data.error || String(response.status));
  return data;
}

const act = (person, name, body) => ask("POST", `/api/people/${encodeURIComponent(person.key)}/${name}`, body);
export const say = (person, channel, what) => act(person, "say", { ...what, channel });
export const press = (person, what) => act(person, "press", what);

export async function loadAccounts() {
  for (const account of (await ask("GET", "/api/accounts")).accounts) accounts.set(account.key, account);
}

export const channels = () => [...accounts.keys()];
export const isWecom = (channel) => accounts.get(channel)?.kind === "wecom";
export const isOfficial = (channel) => accounts.get(channel)?.kind === "official_account";

const KINDS = { official_account: "公众号", wecom: "企业微信", wecom_kf: "微信客服" };
const kindName = (account) => KINDS[account?.kind] || account?.key || "";

/** What a tab says: the kind of the account, and its name where there are several of a kind. */
export function channelName(channel) {
  const account = accounts.get(channel);
  const alike = [...accounts.values()].filter((one) => one.kind === account?.kind);
  return alike.length > 1 ? account.name : kindName(account);
}

/** What the account calls itself; an account without a name is shown as what it is. */
export function serviceName(channel) {
  const name = accounts.get(channel)?.name;
  return name && name !== channel ? name : kindName(accounts.get(channel));
}
