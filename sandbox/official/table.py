"""Every call of the Official Account's API: its path, who may make it, and how often a day (wechat-facts §3)."""

from __future__ import annotations

from functools import partial

from sandbox.official.articles import Articles
from sandbox.official.basics import Basics
from sandbox.official.desk import EVERYONE, SERVICE, Call, Desk
from sandbox.official.files import Files
from sandbox.official.links import Links
from sandbox.official.mass import Mass
from sandbox.official.menu import Menus
from sandbox.official.messages import Messages
from sandbox.official.notices import Notices
from sandbox.official.service import Service
from sandbox.official.statistics import DAYS, empty_list
from sandbox.official.tags import Tags
from sandbox.official.templates import Templates
from sandbox.official.users import Users
from sandbox.official.web import Web
from sandbox.state import Person

_GET, _EITHER = "GET", ""


def table(desk: Desk) -> dict[str, Call]:
    """The calls by their path under the account's base path. Without another word a call is a POST for verified
    accounts, with a token, as often as one likes.
    """
    rules = desk.world.rules
    helper = Person("mphelper", "公众号助手", 1)
    basics, users, tags, links, service, web = (
        Basics(desk), Users(desk), Tags(desk), Links(desk), Service(desk), Web(desk),
    )  # fmt: skip
    articles = Articles(desk, helper)
    files = Files(desk, articles)
    menus = Menus(desk, files, articles)
    messages = Messages(desk, files, articles, service)
    templates = Templates(desk)
    notices = Notices(desk, templates)
    mass = Mass(desk, messages, files, tags, helper)

    calls = {
        # Tokens and quotas
        "token": Call(basics.token, _GET, EVERYONE, token=False, daily=rules.daily_token),
        "stable_token": Call(basics.stable_token, needs=EVERYONE, token=False),
        "ticket/getticket": Call(basics.ticket, _GET, EVERYONE),
        "getcallbackip": Call(basics.addresses, _GET, EVERYONE),
        "get_api_domain_ip": Call(basics.addresses, _GET, EVERYONE),
        "callback/check": Call(basics.callback_check, needs=EVERYONE),
        "clear_quota": Call(basics.clear_quota, needs=EVERYONE),
        "clear_quota/v2": Call(basics.clear_quota_by_secret, needs=EVERYONE, token=False),
        "openapi/quota/get": Call(basics.quota_get, needs=EVERYONE),
        "openapi/rid/get": Call(basics.rid_get, needs=EVERYONE),
        # Messages to one person
        "message/custom/send": Call(messages.custom_send, daily=rules.daily_custom),
        "message/custom/typing": Call(messages.typing, refusal=40200),
        "message/template/send": Call(notices.template_send, needs=SERVICE, daily=rules.daily_template),
        "message/template/subscribe": Call(notices.one_off),
        "message/subscribe/bizsend": Call(notices.bizsend),
        # Messages to many
        "message/mass/sendall": Call(mass.send_all, daily=rules.daily_mass),
        "message/mass/send": Call(mass.send, daily=rules.daily_mass),
        "message/mass/preview": Call(mass.preview, daily=rules.daily_mass),
        "message/mass/delete": Call(mass.delete),
        "message/mass/get": Call(mass.get),
        # Templates
        "template/get_all_private_template": Call(templates.private, _GET, SERVICE),
        "template/api_add_template": Call(templates.add, needs=SERVICE),
        "template/del_private_template": Call(templates.delete, needs=SERVICE),
        "template/get_industry": Call(templates.industry, _GET, SERVICE),
        "template/api_set_industry": Call(templates.set_industry, needs=SERVICE),
        # Files
        "media/upload": Call(files.upload, daily=rules.daily_media),
        "media/get": Call(files.get, _GET, daily=rules.daily_media_get, plain_errors=True),
        "media/get/jssdk": Call(files.get_voice, _GET, daily=rules.daily_media_get, plain_errors=True),
        "media/uploadimg": Call(files.upload_picture),
        "media/uploadvideo": Call(files.upload_video),
        "media/uploadnews": Call(articles.upload_news),
        "material/add_material": Call(files.add),
        "material/get_material": Call(files.material),
        "material/del_material": Call(files.delete),
        "material/get_materialcount": Call(files.count, _GET),
        "material/batchget_material": Call(files.batch),
        "material/add_news": Call(articles.add),
        "material/update_news": Call(articles.update),
        # Articles
        "draft/add": Call(articles.add),
        "draft/get": Call(articles.get),
        "draft/update": Call(articles.update),
        "draft/delete": Call(articles.delete),
        "draft/count": Call(articles.count, _GET),
        "draft/batchget": Call(articles.batch),
        "freepublish/submit": Call(articles.publish),
        "freepublish/get": Call(articles.published),
        "freepublish/getarticle": Call(articles.article),
        "freepublish/delete": Call(articles.unpublish),
        "freepublish/batchget": Call(articles.publications),
        # Menus
        "menu/create": Call(menus.create, daily=rules.daily_menu),
        "menu/get": Call(menus.get, _GET, daily=rules.daily_menu_get),
        "menu/delete": Call(menus.delete, _GET, daily=rules.daily_menu_delete),
        "menu/addconditional": Call(menus.add_conditional, daily=rules.daily_menu_conditional),
        "menu/delconditional": Call(menus.delete_conditional, daily=rules.daily_menu_conditional),
        "menu/trymatch": Call(menus.match, daily=rules.daily_menu_trymatch),
        "get_current_selfmenu_info": Call(menus.describe, _GET, EVERYONE),
        "get_current_autoreply_info": Call(_no_automatic_replies, _GET, EVERYONE),
        # People
        "user/info": Call(users.info, _GET, daily=rules.daily_user),
        "user/info/batchget": Call(users.batch, daily=rules.daily_user),
        "user/info/updateremark": Call(users.remark, daily=rules.daily_remark),
        "user/get": Call(users.followers, _GET, daily=rules.daily_followers),
        "user/tag/get": Call(tags.members, _EITHER),
        "tags/create": Call(tags.create),
        "tags/get": Call(tags.get, _GET),
        "tags/update": Call(tags.update),
        "tags/delete": Call(tags.delete),
        "tags/getidlist": Call(tags.of_person),
        "tags/members/batchtagging": Call(tags.tag),
        "tags/members/batchuntagging": Call(tags.untag),
        "tags/members/getblacklist": Call(users.blacklist),
        "tags/members/batchblacklist": Call(users.block),
        "tags/members/batchunblacklist": Call(users.unblock),
        "groups/create": Call(tags.create_group),
        "groups/get": Call(tags.groups, _GET),
        "groups/getid": Call(tags.group_of),
        "groups/update": Call(tags.rename_group),
        "groups/delete": Call(tags.delete_group),
        "groups/members/update": Call(tags.move),
        "groups/members/batchupdate": Call(tags.move),
        # Codes and short addresses
        "qrcode/create": Call(links.create_code, needs=SERVICE, daily=rules.daily_qrcode),
        "showqrcode": Call(links.show_code, _GET, EVERYONE, token=False),
        "shorturl": Call(links.shorten_address, needs=SERVICE),
        "shorten/gen": Call(links.shorten),
        "shorten/fetch": Call(links.lengthen),
    }
    paths = {f"cgi-bin/{path}": call for path, call in calls.items()}
    # Both addresses of the lists are in use.
    for name, call in {
        "getkflist": Call(service.accounts, _GET),
        "getonlinekflist": Call(service.online, _GET),
    }.items():
        paths[f"customservice/{name}"] = paths[f"cgi-bin/customservice/{name}"] = call
    paths |= {
        "customservice/kfaccount/add": Call(service.add),
        "customservice/kfaccount/update": Call(service.update),
        "customservice/kfaccount/del": Call(service.delete, _EITHER),
        "customservice/kfaccount/inviteworker": Call(service.invite),
        "customservice/kfaccount/uploadheadimg": Call(service.picture),
        "customservice/kfsession/create": Call(service.open_session),
        "customservice/kfsession/close": Call(service.close_session),
        "customservice/kfsession/getsession": Call(service.session, _GET),
        "customservice/kfsession/getsessionlist": Call(service.sessions, _GET),
        "customservice/kfsession/getwaitcase": Call(service.waiting, _GET),
        "customservice/msgrecord/getmsglist": Call(service.records),
        "customservice/msgrecord/getrecord": Call(service.records),
        "wxaapi/newtmpl/gettemplate": Call(templates.subscriptions, _GET),
        "wxaapi/newtmpl/addtemplate": Call(templates.add_subscription),
        "wxaapi/newtmpl/deltemplate": Call(templates.delete_subscription),
        "wxaapi/newtmpl/getcategory": Call(templates.categories, _GET),
        "wxaapi/newtmpl/getpubtemplatetitles": Call(templates.public_titles, _GET),
        "wxaapi/newtmpl/getpubtemplatekeywords": Call(templates.public_keywords, _GET),
        "connect/oauth2/authorize": Call(web.authorize, _GET, EVERYONE, token=False),
        "mp/subscribemsg": Call(web.confirm, _GET, EVERYONE, token=False),
        "sns/oauth2/access_token": Call(web.access_token, _EITHER, SERVICE, token=False),
        "sns/oauth2/refresh_token": Call(web.refresh, _EITHER, SERVICE, token=False),
        "sns/userinfo": Call(web.user_info, _EITHER, SERVICE, token=False),
        "sns/auth": Call(web.check, _EITHER, SERVICE, token=False),
        **{f"datacube/{name}": Call(partial(empty_list, desk, days)) for name, days in DAYS.items()},
    }
    basics.table = paths
    return paths


def _no_automatic_replies() -> dict[str, int]:
    """GET get_current_autoreply_info: nobody has set any on the platform's own pages."""
    return {"is_add_friend_reply_open": 0, "is_autoreply_open": 0}
