/* SPDX-License-Identifier: MIT */
/*
 * What an operator can do about a packet: one that was discarded, one that shows that two hosts are
 * configured differently, or one that did not come. Words for the log; nothing is decided here.
 */
#ifndef EVENT_PACKET_H
#define EVENT_PACKET_H

struct event;

/**
 * event_packet_note() - the note of an event of a packet.
 * @event: EVENT_REJECT, EVENT_STRAY, EVENT_NOTICE or EVENT_SUSPICION, of any version of vipd.
 * @buf: EVENT_NOTE_SIZE bytes.
 */
void event_packet_note(const struct event *event, char *buf);

#endif
