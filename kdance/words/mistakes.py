"""What was wrong, in sentences: faults of joints, and breaks in which the dance was not danced."""

from __future__ import annotations

from kdance.review.findings import Fault
from kdance.review.lateness import Span
from kdance.review.record import Break
from kdance.words.numbers import MAX_SPANS, clock, degrees, minutes, sign, where_in
from kdance.words.phrases import Phrases


def break_sentence(breaks: tuple[Break, ...], phrases: Phrases) -> str:
    """Where the dancer did something else: the longest break, and others of its kind."""
    longest = longest_of(breaks)
    same = [Span(found.start, found.end) for found in breaks if found.kind == longest.kind]
    if len(same) == 1 and longest.to_the_end:
        return phrases.text(f"summary.break.{longest.kind}_from", where=minutes(longest.start))
    return phrases.text(f"summary.break.{longest.kind}", where=where_in(same, phrases))


def fault_sentence(faults: tuple[Fault, ...], phrases: Phrases) -> str:
    """The two most important faults; the others stand among what to work on."""
    first, *others = [
        (where_in(fault.spans, phrases), phrases.text(f"fault.{fault.joint}.{sign(fault)}", degrees=degrees(fault)))
        for fault in faults
    ]
    if not others:
        return phrases.text("summary.fault", where=first[0], fault=first[1])
    where, fault = others[0]
    if where == first[0]:
        return phrases.text("summary.faults_there", where=where, fault=first[1], other_fault=fault)
    return phrases.text("summary.two_faults", where=first[0], fault=first[1], other_where=where, other_fault=fault)


def longest_of(breaks: tuple[Break, ...]) -> Break:
    """The longest break."""
    return max(breaks, key=lambda found: found.end - found.start)


def break_area(found: Break, phrases: Phrases) -> str:
    """What to do about a break."""
    return phrases.text(f"area.break.{found.kind}", where=clock(Span(found.start, found.end), phrases))


def fault_area(fault: Fault, phrases: Phrases) -> str:
    """What to do about a fault, how wrong it was and where."""
    kind, direction = fault.joint.partition("_")[2], sign(fault)
    cue = phrases.text(f"cue.{fault.joint}.{direction}")
    amount = phrases.text(f"amount.{kind}.{direction}", degrees=degrees(fault))
    text = phrases.text("area.fault", cue=cue, amount=amount, where=where_in(fault.spans, phrases))
    return f"{text} {phrases.text(f'area.hint_hip.{direction}')}" if kind == "hip" else text


def fault_name(fault: Fault, phrases: Phrases) -> str:
    """Which joint it is and how it was wrong, in a few words.

    >>> from kdance.words.phrases import load_phrases
    >>> fault_name(Fault("left_shoulder", -31.0, ()), load_phrases("en"))
    'left arm: 31° too low'
    """
    kind = fault.joint.partition("_")[2]
    how = phrases.text(f"report.off.{kind}.{sign(fault)}", degrees=degrees(fault))
    return phrases.text("report.page.fault", joint=phrases.text(f"report.joint.{fault.joint}"), how=how)


def fault_place(fault: Fault, phrases: Phrases) -> str:
    """How a joint was wrong, and where.

    >>> from kdance.words.phrases import load_phrases
    >>> fault_place(Fault("left_shoulder", -31.0, (Span(10.0, 14.0),)), load_phrases("en"))
    '31° too low, 0:10-0:14'
    """
    kind = fault.joint.partition("_")[2]
    how = phrases.text(f"report.off.{kind}.{sign(fault)}", degrees=degrees(fault))
    places = [clock(span, phrases) for span in fault.spans]
    return ", ".join([how, *places[:MAX_SPANS]]) + (" ..." if len(places) > MAX_SPANS else "")
