"""What Prometheus counts: messages, replies, notices and corrections; never who said what."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

MESSAGES = Counter("huying_messages", "Messages taken, by channel and kind.", ["channel", "kind"], registry=REGISTRY)
REFUSED = Counter("huying_callbacks_refused", "Callbacks refused, by status.", ["channel", "status"], registry=REGISTRY)
ANSWERED = Histogram(
    "huying_answer_seconds",
    "Seconds from a callback to its sealed reply.",
    ["channel"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
    registry=REGISTRY,
)
NOTICES = Counter("huying_notices", "Notices, by kind and what became of them.", ["kind", "outcome"], registry=REGISTRY)
OPENED = Gauge(
    "huying_tickets_of_30_days",
    "Tickets of the last 30 days, by category as first understood.",
    ["category"],
    registry=REGISTRY,
)
CORRECTED = Gauge(
    "huying_tickets_of_30_days_corrected",
    "How many of them somebody took for something else afterwards.",
    ["category"],
    registry=REGISTRY,
)
SPOOLED = Gauge("huying_spooled_messages", "Messages waiting for the database.", registry=REGISTRY)
