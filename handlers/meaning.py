"""What a message means, by the precedence of the chat contract (docs/chat-contract.md)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from handlers import dialogue
from handlers.turn import Choice, EventKind, Meaning, Message, MessageKind, Turn, World
from models import finding, followers, snap, transitions
from models.conversation import Question, QuestionKind, State
from models.person import RoleKind
from models.ticket import Ticket, TicketState, Urgency
from nlp import commands, offered
from nlp.aftermath import news
from nlp.asking import After, asked, is_of_its_kind
from nlp.commands import About, Command, Intent
from nlp.danger import INSISTS, Danger, danger
from nlp.dates import only_a_time
from nlp.extract import is_place_alone
from nlp.judgement import judgement
from nlp.kinds import grumbles, is_nod, is_noise
from nlp.normal import normal
from nlp.offices import wants_an_office
from nlp.over import over
from nlp.several import several
from nlp.understand import Chat, Kind, Understanding
from texts import members, residents

INNER = re.compile(r"^!([a-z_]+)(?: (.{1,60}))?$")
"""A command that only taps and numbered choices can say; typed words never match, they do not get here."""

SURE = 0.6
"""From which confidence on words count as surely about a category."""

EVERY_ROLE = frozenset(kind.value for kind in RoleKind)

EVENTS = {
    EventKind.FOLLOW: Meaning.FOLLOW,
    EventKind.UNFOLLOW: Meaning.UNFOLLOW,
    EventKind.MEMBER_LEFT: Meaning.UNFOLLOW,
    EventKind.SCAN: Meaning.SCAN,
    EventKind.ENTER: Meaning.ENTER,
}

KINDS = {
    MessageKind.IMAGE: Meaning.IMAGE,
    MessageKind.VIDEO: Meaning.VIDEO,
    MessageKind.LOCATION: Meaning.LOCATION,
}

# Their words tell how a known matter ended, why it is passed on, or what somebody once did for others, so danger words
# in them raise no alarm.
REPORTING_BACK = frozenset(
    {
        Intent.FINISH,
        Intent.ANSWER,
        Intent.REPLY,
        Intent.ESCALATE,
        Intent.REJECT,
        Intent.HOLD,
        Intent.RETURN,
        Intent.TO_DEPARTMENT,
        Intent.KEEP,
        Intent.TAKE_IN,
        Intent.PUSH_DOWN,
        Intent.ANNOUNCE,
        Intent.END_ANNOUNCEMENT,
        Intent.ALERT,
        Intent.NOMINATE,
    }
)


def decide(turn: Turn) -> None:
    """Fills in what the message means: the rules of the contract, in their order."""
    message = turn.message
    said = _tapped(turn) if message.tap else None
    if message.kind is MessageKind.EVENT and not message.tap:
        turn.meant = EVENTS.get(message.event, Meaning.NOTHING) if message.event else Meaning.NOTHING
        return
    command = said or commands.parse(turn.text, roles=turn.roles)
    # A tap says nothing of its own that could be danger, a command only in the words after it.
    if not message.tap and command is None:
        turn.danger = _danger(turn)
    elif command is not None and said is None and command.intent not in REPORTING_BACK:
        turn.danger = danger(command.rest, least=INSISTS)
    about = _goes_on(turn) if command is None and not message.tap else None
    if about is not None:
        in_chat = turn.conversation.state is State.HANDED_OVER
        turn.meant, turn.inner, turn.danger = Meaning.TO_STAFF if in_chat else Meaning.NEWS, str(about.id), None
    elif turn.danger is not None:  # 1
        turn.understood = turn.understood or understand(turn)
        if _says_where(turn, turn.understood, sounds_like_danger=True):
            turn.meant, turn.danger = Meaning.NEWS, None
        else:
            turn.meant = Meaning.DANGER
    elif turn.meant in INNER_MEANINGS:  # 2
        return
    elif message.tap and said is None:
        turn.meant = Meaning.STALE
    elif said is not None:
        _take(turn, said)
    elif turn.conversation.state is State.HANDED_OVER and not (command and command.intent is Intent.CANCEL):  # 4
        turn.meant = Meaning.NEWS if _says_where(turn, turn.understood or understand(turn)) else Meaning.TO_STAFF
    elif command is not None:  # 3
        _take(turn, command)
    elif message.kind in KINDS:
        turn.meant = KINDS[message.kind]
    elif message.kind is MessageKind.VOICE and not turn.text.strip():
        turn.meant = Meaning.VOICE
    elif not turn.text.strip():
        turn.meant = Meaning.NOTHING
    else:
        _words(turn)


def plain(message: Message, world: World) -> Understanding | None:
    """What a message means when it can only be free words about a matter, whoever says it; None for every other.

    A stranger to the conversation's state, it may only be used where nothing is waited for, asked or handed over, and
    not for riders, who may speak of a matter of their own (nlp.riders.matter).
    """
    said = message.text
    if message.kind is not MessageKind.TEXT or message.tap or not said.strip():
        return None
    if commands.parse(said, roles=EVERY_ROLE) is not None:
        return None
    if commands.digit(said) or commands.serial_alone(said) or commands.correction(said):
        return None
    if news(said)[0] or only_a_time(normal(said)) or over(said) is not None or asked(said) is not None:
        return None
    if offered.answer(said) is not None or offered.gives_up(said):
        return None
    found = world.understander.understand(said)
    if found.chat is not None or found.danger is not None:
        return None
    if several(said, world.understander) or world.guide(said, found, None):
        return None
    if found.place is not None and found.abstained and len(said) <= _A_PLACE:
        # It may be where an alarm is about.
        return None
    if grumbles(normal(said)) or is_noise(normal(said)):
        return None
    if found.abstained and _is_judgement_alone(said):
        # It may be what somebody thinks of what was done.
        return None
    return None if commands.suggest(said, roles=EVERY_ROLE) else found


def _danger(turn: Turn) -> Danger | None:
    """The danger in free words. What only sounds like one without its address is none where an answer or a place is
    waited for: "6栋，快来" says where.
    """
    answer = commands.digit(turn.text)
    if answer is not None:
        # The number of a choice is none of the words that follow it.
        return danger(answer.words)
    heard = danger(turn.text)
    if not turn.text.strip() or (heard is None and turn.conversation.state not in (State.IDLE, State.HANDED_OVER)):
        return heard
    turn.understood = found = understand(turn)
    if heard is None and found.place is not None and is_place_alone(turn.text, found.place):
        about = dialogue.recent(turn)
        if about is not None and dialogue.still_lacks_place(about):
            return None
    return found.danger or heard


def understand(turn: Turn) -> Understanding:
    """The words understood, with where the speaker stands, or lives, as what "6栋" is relative to."""
    near = dialogue.stands_at(turn) or turn.person.home_area_id
    return turn.world.understander.understand(turn.text, near=near)


INNER_MEANINGS = frozenset(
    {
        Meaning.KEEP,
        Meaning.SPLIT,
        Meaning.APART,
        Meaning.TOGETHER,
        Meaning.SAME,
        Meaning.DIFFERENT,
        Meaning.CONSENT,
        Meaning.COMMUNITY,
        Meaning.SKILL,
        Meaning.ERASE,
        Meaning.PASS_ON,
        Meaning.RECHECK,
        Meaning.LOOKOUT_OFF,
        Meaning.HAZARD,
        Meaning.ANNOUNCE,
        Meaning.COVERED,
        Meaning.UNCOVERED,
        Meaning.GOODS,
        Meaning.LIVES,
        Meaning.GIFT,
        Meaning.BALLOT,
        Meaning.FOR_NOMINEE,
        Meaning.HONOUR,
        Meaning.ASK_STREET,
        Meaning.STATION,
        Meaning.RIGHT,
        Meaning.TITLE,
        Meaning.CLAIM_POST,
        Meaning.LEAVE_POST,
        Meaning.ALERT,
        Meaning.COMES,
        Meaning.DOES_NOT_COME,
    }
)


def _take(turn: Turn, command: Command) -> None:
    turn.meant, turn.command = command.intent, command


def _tapped(turn: Turn) -> Command | None:
    """The command behind a tap, or None for what only a tap can say and for what nobody knows any more."""
    return _choice(turn, turn.message.tap or "")


def _choice(turn: Turn, said: str) -> Command | None:
    inner = INNER.match(said)
    if inner is not None and inner[1] in INNER_MEANINGS:
        turn.meant, turn.inner = Meaning(inner[1]), inner[2] or ""
        return None
    # Whoever was shown a choice may say it; whether it still holds is for the operation to check.
    return commands.parse(said, roles=EVERY_ROLE)


def _words(turn: Turn) -> None:
    digit = commands.digit(turn.text) or _label(turn)
    is_time = only_a_time(normal(turn.text))
    # "3 点以后" begins with a digit and a blank, and answers no question.
    if digit is not None and not (digit.words and is_time) and _digit(turn, digit):  # 5, 6
        return
    serial = commands.serial_alone(turn.text)
    if serial is not None and turn.conversation.state not in _ASKS_ABOUT_THE_PERSON:
        _take(turn, Command(Intent.PROGRESS, serial=serial))
        return
    turn.understood = turn.understood or understand(turn)
    if _said_anew(turn, turn.understood):
        dialogue.idle(turn)
    if _judged(turn) or _answers_an_offer(turn, turn.understood) or _is_over(turn, turn.understood):
        return
    # "什么时候来人" asks, though it names nothing but a time.
    if _asks_after(turn, turn.understood) or (is_time and _suits(turn, turn.understood)):
        return
    state = turn.conversation.state
    if state is State.IDLE and _says_where(turn, turn.understood):
        turn.meant = Meaning.NEWS
        return
    if state is State.IDLE and _places(turn, turn.understood):
        turn.meant = Meaning.ANSWER
        return
    fix = commands.correction(turn.text)
    if fix is not None and fix.about is not About.UNKNOWN and _recent(turn) and state in (State.IDLE, State.PLACE):
        turn.meant, turn.fix = Meaning.CORRECTION, fix
    elif state not in _TAKES_A_NOD and is_nod(normal(turn.text)):
        turn.meant = Meaning.THANKS
    elif state is not State.IDLE and not (state in LOOKS_UP and _is_no_place(turn, turn.understood)):  # 7
        turn.meant = Meaning.OTHER_MATTER if _surely_other(turn, turn.understood) else Meaning.ANSWER
    elif turn.understood.chat is Chat.THANKS:  # 8
        turn.meant = Meaning.THANKS
    elif about_nothing := _says_nothing(turn, turn.understood):
        turn.meant = about_nothing
    elif turn.understood.chat is not None:  # talk without a matter is answered like a greeting
        turn.meant = Meaning.GREETING
    elif _is_bare_command(turn.text):
        turn.meant = Meaning.NO_ROLE
    elif state is State.IDLE and _looks_back(turn, turn.understood):
        turn.meant = Meaning.AFTERWARDS
    elif suggestion := commands.suggest(turn.text, roles=turn.roles):
        turn.meant, turn.suggestion = Meaning.TYPO, suggestion
    elif _may_be_for_the_resident(turn, turn.understood):
        turn.meant = Meaning.TASK_WORDS
    elif guide := turn.world.guide(turn.text, turn.understood, turn.person.home_area_id):
        turn.meant, turn.inner = Meaning.GUIDE, str(guide.id)
    else:
        turn.meant = Meaning.INQUIRY if turn.understood.kind is Kind.INQUIRY else Meaning.REPORT


def _label(turn: Turn) -> commands.Digit | None:
    """The number of the choice whose words were typed instead of it."""
    said = _letters(turn.text)
    for question in _open_questions(turn) if 0 < len(said) <= 20 else ():
        for number, (label, _) in enumerate(question.choices["list"], 1):
            if said == _letters(label):
                return commands.Digit(number)
        if question.kind is QuestionKind.SAME_EVENT and (answer := commands.yes_or_no(said)):
            return commands.Digit(answer)
    return None


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", normal(text))


def _open_questions(turn: Turn) -> Sequence[Question]:
    """The numbered questions open to the speaker here, the last one first."""
    return turn.session.scalars(
        select(Question)
        .where(
            Question.person_id == turn.person.id,
            Question.channel == turn.message.channel,
            Question.expires_at > turn.now,
        )
        .order_by(Question.asked_at.desc(), Question.id.desc())
        .limit(9)
    ).all()


def shows(turn: Turn, digit: commands.Digit) -> bool:
    """Whether a question open to the speaker here has a choice of this number."""
    return any(digit.number <= len(each.choices["list"]) for each in _open_questions(turn))


def _digit(turn: Turn, digit: commands.Digit) -> bool:
    """Decides what a number answers; False when it is no answer at all but words that begin with a number."""
    turn.number = digit
    rows = _open_questions(turn)
    turn.questions = tuple(rows)
    if turn.conversation.state is State.ALERT and turn.conversation.data.get("asked"):
        return False  # the number of people is waited for
    if not rows:
        if digit.words or turn.conversation.state is not State.IDLE:
            return False
        turn.meant = Meaning.DIGIT
        return True
    last = rows[0]
    if last.kind is QuestionKind.WHICH and not is_disturbed(turn, last):
        turn.questions = (last,)
    meant = could_mean(turn)
    if len(meant) > 1:
        turn.meant = Meaning.WHICH
        return True
    if not meant:
        turn.meant = Meaning.DIGIT
        return not digit.words
    [(question, choice)] = meant
    command = _choice(turn, choice.command)
    if command is not None:
        _take(turn, command)
    elif turn.meant not in INNER_MEANINGS:
        turn.meant = Meaning.DIGIT
        return not digit.words
    if question is not None and question.kind in (QuestionKind.MENU, QuestionKind.WHICH):
        turn.session.delete(question)
    return True


def could_mean(turn: Turn) -> Sequence[tuple[Question | None, Choice]]:
    """Everything that the speaker's number may be an answer to, each once: the choices of open questions, and the words
    that are waited for besides.
    """
    digit, found = turn.number, dict[str, tuple[Question | None, Choice]]()
    assert digit is not None
    questions = [each for each in turn.questions if each.kind is not QuestionKind.WHICH] or turn.questions
    for question in questions:
        listed = question.choices["list"]
        if digit.number <= len(listed):
            label, said = listed[digit.number - 1]
            tail = f" {digit.words}" if digit.words and not INNER.match(said) else ""
            found.setdefault(said, (question, Choice(label, f"{said}{tail}")))
    words = _for_what_is_waited_for(turn)
    if words is not None and found:
        found.setdefault(words.command, (None, words))
    return list(found.values())


def last_question(turn: Turn) -> Question | None:
    """The numbered question the speaker was shown here last, while it is open and nothing else was shown since."""
    last = next(iter(_open_questions(turn)), None)
    return None if last is None or is_disturbed(turn, last) else last


def is_disturbed(turn: Turn, question: Question) -> bool:
    """Whether something else was shown to the speaker here since a question."""
    pushed = turn.conversation.pushed_at
    return pushed is not None and pushed > question.asked_at


def _for_what_is_waited_for(turn: Turn) -> Choice | None:
    """A number as more words for the ticket about which words are waited for besides: "3" may be a building."""
    last, state = turn.questions[0], turn.conversation.state
    if state not in (State.PLACE, State.ADDITION) or not _words_are_waited_for(turn, last):
        return None
    ticket = turn.session.get(Ticket, turn.conversation.data.get("ticket"))
    if ticket is None:
        return None
    label = residents.as_addition(turn.text)
    return Choice(label, f"{commands.word(Intent.ADD)} {ticket.number} {turn.text.strip()}")


def to_judge(turn: Turn) -> Sequence[Ticket]:
    """The results the speaker is asked to judge here, the last one asked about first."""
    asked = [question.ticket_id for question in _open_questions(turn) if question.kind is QuestionKind.EVALUATION]
    found = {
        ticket.id: ticket
        for ticket in turn.session.scalars(
            select(Ticket).where(Ticket.id.in_(asked), Ticket.state == TicketState.RESOLVED)
        )
    }
    return [found[each] for each in dict.fromkeys(asked) if each in found]


def _judged(turn: Turn) -> bool:
    """Whether words are what somebody thinks of a result: in other words than the choices, and while one is asked for.

    Unlike a digit they say by themselves what they answer, so a notice that came in between does not matter.
    """
    if turn.conversation.state not in (State.IDLE, State.PLACE):
        return False
    found = judgement(turn.text)
    waiting = to_judge(turn) if found is not None else ()
    if found is None or not waiting:
        return False
    turn.judgement = found
    if found.sure is not None and len(waiting) == 1:
        said = "" if found.bare else turn.text.strip()
        _take(turn, Command(Intent.EVALUATE, waiting[0].number, said, found.sure))
    else:
        turn.meant = Meaning.JUDGEMENT
    return True


def _answers_an_offer(turn: Turn, found: Understanding) -> bool:
    """Whether plain words take or decline what the speaker is being asked, or give up what they have in hand.

    They are the command when there is one task they can speak of and nothing else was shown since it was; else it is
    asked which.
    """
    said, gives_up = offered.answer(turn.text), offered.gives_up(turn.text)
    if (said is None and not gives_up) or turn.conversation.state not in (State.IDLE, State.PLACE):
        return False
    waiting = finding.open_offers(turn.session, turn.person, now=turn.now) if said is not None else ()
    in_hand = [
        each
        for each in (finding.tasks_in_hand(turn.session, turn.person) if gives_up else ())
        # What they organise themselves is called off, not given back.
        if each.reporter_id != turn.person.id
    ]
    if not waiting and not in_hand:
        return False
    if not in_hand and _may_be_for_the_resident(turn, found):
        return False
    if snap.held(turn.session, turn.person.id, now=turn.now, minutes=turn.world.limits.recent_minutes):
        return False  # what was sent before its words is what they speak of
    is_sure = len(waiting) == 1 and not in_hand and _was_shown_last(turn, waiting[0])
    if is_sure and said is offered.Answer.TAKES:
        _take(turn, Command(Intent.ACCEPT, waiting[0].number))
    elif is_sure:
        _take(turn, Command(Intent.DECLINE, waiting[0].number, turn.text.strip()))
    elif only_a_time(normal(turn.text)) and finding.own_open(turn.session, turn.person):
        return False  # it may be when somebody may come to the speaker
    else:
        turn.meant = Meaning.OFFER_WORDS
    return True


def _was_shown_last(turn: Turn, ticket: Ticket) -> bool:
    """Whether a choice about a ticket stands open here, and nothing else was shown since."""
    return any(
        ticket.number in said and not is_disturbed(turn, question)
        for question in _open_questions(turn)
        for _, said in question.choices["list"]
    )


def _is_no_place(turn: Turn, found: Understanding) -> bool:
    """Whether words are manners, a command or a slip in one, and no place that was asked for."""
    if found.place is not None and found.place.area_id is not None:
        return False
    is_slip = commands.suggest(turn.text, roles=turn.roles) is not None
    return found.chat is not None or _is_bare_command(turn.text) or is_slip


def _looks_back(turn: Turn, found: Understanding) -> bool:
    """Whether words speak of a result and of nothing else while none is to be judged: no matter of their own."""
    if not found.abstained or not _is_judgement_alone(turn.text) or _may_be_for_the_resident(turn, found):
        return False
    return not _was_sent_something(turn)


def _says_nothing(turn: Turn, found: Understanding) -> Meaning | None:
    """Whether words only scold whoever answers here, or are no words at all. Once they are answered by the bot; who
    goes on so, or sent something before, is heard by people.
    """
    said = normal(turn.text)
    # What was spoken may say more than was written down of it.
    is_noise_only = turn.message.kind is MessageKind.TEXT and is_noise(said) and found.chat is None
    meant = Meaning.GRUMBLE if grumbles(said) else Meaning.NOISE if is_noise_only else None
    if meant is None or turn.conversation.state is not State.IDLE or _may_be_for_the_resident(turn, found):
        return None
    return None if _was_sent_something(turn) or _was_shown_ways_on(turn) else meant


def _was_shown_ways_on(turn: Turn) -> bool:
    """Whether the speaker was asked a moment ago what they mean."""
    question = last_question(turn)
    return question is not None and {said for _, said in question.choices["list"]} <= WAYS_ON


def _was_sent_something(turn: Turn) -> bool:
    """Whether a photo or a place came before its words: it is what they speak of."""
    held = snap.held(turn.session, turn.person.id, now=turn.now, minutes=turn.world.limits.recent_minutes)
    return bool(held)


def _is_judgement_alone(said: str) -> bool:
    found = judgement(said)
    return found is not None and found.alone


def _goes_on(turn: Turn) -> Ticket | None:
    """The speaker's own emergency of which words tell how it goes on ("the fire is out") and bring nothing new.

    What ends an alarm may sound like one; where it does, every word has to be about the end. To staff people say so of
    every matter.
    """
    is_news, rest = news(turn.text)
    if not is_news or (rest and turn.danger is not None):
        return None
    found = finding.own_emergency(turn.session, turn.person, now=turn.now)
    if found is None and turn.conversation.state is State.HANDED_OVER and turn.danger is None:
        found = _spoken_of(turn, finding.own_open(turn.session, turn.person))
    if found is None or (judgement(turn.text) is not None and to_judge(turn)):
        return None
    if rest:
        more = turn.world.understander.understand(rest, near=turn.person.home_area_id)
        if not more.abstained or more.danger is not None or more.place is not None or more.service is not None:
            return None
    return found


def _spoken_of(turn: Turn, mine: Sequence[Ticket]) -> Ticket | None:
    """Which of these the speaker means without saying so: the one just spoken of, or the only one."""
    recent = dialogue.recent(turn)
    return recent if recent in mine else mine[0] if len(mine) == 1 else None


def _said_anew(turn: Turn, found: Understanding) -> bool:
    """Whether words are surely about a matter while the place of something nobody understood is waited for: said in
    other words, or about something else, they are no place. What follows a voice that nobody wrote down belongs to it.
    """
    if turn.conversation.state is not State.PLACE or found.abstained:
        return False
    waiting = turn.session.get(Ticket, turn.conversation.data["ticket"])
    if waiting is None or waiting.understood or waiting.service is not None or waiting.threat:
        return False
    return any(said.text for said in waiting.words)


def _says_where(turn: Turn, found: Understanding, *, sounds_like_danger: bool = False) -> bool:
    """Whether words say where the speaker's own emergency is. Where that is known already, or the words sound like
    another one, they have to be a place and nothing else; and beside a handed-over chat they may be an answer to staff.
    """
    if found.place is None or not found.abstained or len(turn.text) > _A_PLACE:
        return False
    about = finding.own_emergency(turn.session, turn.person, now=turn.now)
    if about is None:
        return False
    is_known = not dialogue.is_nowhere(about)
    if is_known and turn.conversation.state is State.HANDED_OVER:
        return False
    if (is_known or sounds_like_danger) and not is_place_alone(turn.text, found.place):
        return False
    turn.inner = str(about.id)
    return True


def _places(turn: Turn, found: Understanding) -> bool:
    """Whether a place alone says where the matter just told is, of which only words that fit no place are known."""
    about = dialogue.recent(turn)
    if about is None or about.reporter_id != turn.person.id or not dialogue.still_lacks_place(about):
        return False
    if found.place is None or found.place.area_id is None or not is_place_alone(turn.text, found.place):
        return False
    dialogue.ask_place(turn, about)
    return True


def _suits(turn: Turn, found: Understanding) -> bool:
    """Whether a message that is only a time says when somebody may come: about what the speaker brought last."""
    if turn.conversation.state not in (State.IDLE, State.PLACE) or _may_be_for_the_resident(turn, found):
        return False
    mine = finding.own_open(turn.session, turn.person)
    if not mine:
        return False
    about = _spoken_of(turn, mine) or mine[0]
    turn.meant, turn.inner = Meaning.VISIT, str(about.id)
    return True


def _is_over(turn: Turn, found: Understanding) -> bool:
    """Whether a message only says that a matter the speaker brought, and that is not finished, is over or no longer
    needed: the one that is named, by its number or by what it is, otherwise any. How an emergency ends is news for
    those who were alarmed, and closes nothing; a result that is to be judged is not spoken of as unwanted.
    """
    said = over(turn.text)
    if said is None or turn.conversation.state not in (State.IDLE, State.PLACE):
        return False
    if (to_judge(turn) and not said.unwanted) or _may_be_for_the_resident(turn, found) or _was_sent_something(turn):
        return False
    if finding.own_emergency(turn.session, turn.person, now=turn.now) is not None:
        return False
    mine = [each for each in finding.own_open(turn.session, turn.person) if _may_end(turn, each)]
    if not said.unwanted:
        # What they do themselves ends when it is done, and is not taken back.
        mine = [each for each in mine if each.assignee_id != turn.person.id]
    if said.serial is not None:
        mine = [each for each in mine if each.number.endswith(said.serial)]
    elif not found.abstained:
        mine = [each for each in mine if each.category == found.category] or mine
    if not mine:
        return False
    turn.meant, turn.inner = Meaning.OVER, " ".join(str(each.id) for each in mine)
    return True


def _may_end(turn: Turn, ticket: Ticket) -> bool:
    """Whether its reporter may be asked to take a matter back: an emergency is ended by people."""
    head = followers.head_of(turn.session, ticket)
    return Urgency.EMERGENCY not in (ticket.urgency, head.urgency)


def _asks_after(turn: Turn, found: Understanding) -> bool:
    """Whether a message only asks after a matter the speaker brought: the one that is named, by its number or by what
    it is, otherwise the one spoken of last, or the only one; else they are asked which. What was closed today may be
    meant where the words fit it, or where nothing else is there.
    """
    about = asked(turn.text)
    if about is None or turn.conversation.state not in (State.IDLE, State.PLACE) or _is_judgement_alone(turn.text):
        return False
    live = finding.own_live(turn.session, turn.person)
    since = turn.now - timedelta(hours=turn.world.limits.reevaluation_hours)
    hurries = about.after is After.HURRY
    closed = () if hurries else finding.own_closed(turn.session, turn.person, since=since)
    if about.serial is not None:
        mine = [*live, *(each for each in closed if each.number.endswith(about.serial))]
    elif not found.abstained:
        mine = [each for each in (*live, *closed) if each.category == found.category]
    else:
        said = normal(turn.text)
        mine = [each for each in (*live, *closed) if is_of_its_kind(said, each.category, each.service)]
        mine = mine or list(live or closed)
    if not mine or _may_be_for_the_resident(turn, found):
        return False
    if about.serial is None and len(mine) > 1 and _spoken_of(turn, mine) is None and {*mine} & {*closed}:
        turn.meant, turn.inner = Meaning.ASKED_AFTER, " ".join(str(each.id) for each in mine[:9])
        return True
    meant = _spoken_of(turn, mine)
    serial = about.serial or (meant.number if meant else None)
    if about.after is After.HURRY:
        _take(turn, Command(Intent.URGE, serial=serial, rest=turn.text.strip()))
    else:
        _take(turn, Command(Intent.PROGRESS, serial=serial))
    return True


def _is_bare_command(text: str) -> bool:
    """Whether words are a command of a role the speaker does not have, with nothing told that could be lost."""
    command = commands.parse(text, roles=EVERY_ROLE)
    if command is None or (command.intent is Intent.CALL_HELP and command.serial is None):
        return False  # whoever has no task and calls for help reports something
    return commands.word(command.intent) in normal(text) and (command.serial is not None or not command.rest)


WAYS_ON = frozenset(commands.word(each) for each in (Intent.HUMAN, Intent.PROGRESS, Intent.HELP))
"""What somebody may say who was not understood."""

LOOKS_UP = frozenset({State.HOME, State.STATION})
"""In these states a place is waited for to look something up, and the answer is worth nothing otherwise."""

# In these states a friendly sign is answered as manners are; in every other one it is no answer.
_TAKES_A_NOD = LOOKS_UP | {State.IDLE, State.PLACE, State.NOT_SOLVED, State.ANNOUNCEMENT}

# In these states words are waited for, so a number may be a building's or a year's.
_WAITS_FOR_WORDS = frozenset(State) - {
    State.IDLE,
    State.COMMUNITY,
    State.SKILLS,
    State.HANDED_OVER,
    State.ANNOUNCEMENT,
}


# In these states a number is a telephone's, a house's or a unit's, never a ticket's.
_A_PLACE = 40
"""More than this is no answer to where somebody is."""

_ASKS_ABOUT_THE_PERSON = _WAITS_FOR_WORDS - {
    State.PLACE,
    State.ADDITION,
    State.NOT_SOLVED,
    State.FOR_OTHERS,
    State.INITIATIVE,
}


def _words_are_waited_for(turn: Turn, last: Question) -> bool:
    """Whether something was asked in words besides the last numbered question, so that a number may answer either."""
    conversation = turn.conversation
    if conversation.state not in _WAITS_FOR_WORDS or conversation.expires_at is None:
        return False
    if last.kind in (QuestionKind.EVALUATION, QuestionKind.OFFER, QuestionKind.SAME_EVENT):
        return True
    return last.asked_at < conversation.expires_at - timedelta(minutes=turn.world.limits.menu_minutes)


def _recent(turn: Turn) -> bool:
    recent = turn.conversation.recent_until
    return turn.conversation.recent_ticket_id is not None and recent is not None and recent > turn.now


def _may_be_for_the_resident(turn: Turn, found: Understanding) -> bool:
    """Whether ordinary words come right after taking a task, and are not surely a report from another place."""
    if not _recent(turn):
        return False
    ticket = turn.session.get(Ticket, turn.conversation.recent_ticket_id)
    if ticket is None or ticket.state is not TicketState.ACCEPTED or ticket.reporter_id == turn.person.id:
        return False
    if ticket.assignee_id != turn.person.id and turn.person.id not in transitions.helpers_of(turn.session, ticket):
        return False
    is_sure = not found.abstained and found.kind is Kind.REPORT and found.confidence >= SURE
    return not (is_sure and found.place is not None)


_NAMES_MATTERS = (State.INITIATIVE, State.FINISH, State.HELP, State.ANNOUNCEMENT, State.ALERT, State.STATION_FAULT)


def _surely_other(turn: Turn, found: Understanding) -> bool:
    """Whether words that came while a ticket's state waits are a report of another place or category."""
    if turn.conversation.state in _NAMES_MATTERS:
        # Whoever tells how it was done, what help is for, or until when something lasts, names what was wrong.
        return False
    is_matter = found.kind is Kind.REPORT or wants_an_office(normal(turn.text))
    if found.abstained or found.category is None or not is_matter or found.confidence < SURE:
        return False
    if not any(character.isalpha() for character in turn.text):
        return False  # a telephone number is not the hotline of that number
    if turn.conversation.state is State.UNIT and members.UNIT.fullmatch(turn.text.strip()):
        return False
    ticket_id = turn.conversation.data.get("ticket")
    ticket = turn.session.get(Ticket, ticket_id) if ticket_id else None
    if ticket is None:
        return turn.conversation.state not in (State.FOR_OTHERS, State.HANDED_OVER)
    other_place = bool(found.place and found.place.area_id and ticket.area_id and found.place.area_id != ticket.area_id)
    return other_place or (ticket.understood and found.category != ticket.category)
