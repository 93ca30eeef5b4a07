/* SPDX-License-Identifier: Apache-2.0 */
/*
 * classifier: names the service of an Ethernet frame. Three switches, by
 * ethertype, IP protocol and destination port, with 74 cases between them.
 * data is aligned to 2.
 */
#ifndef TESTDATA_CLASSIFIER_H
#define TESTDATA_CLASSIFIER_H

#include "include/span.h"

#define CLASS_UNKNOWN 0

static ALWAYS_INLINE u64 classify_port(u16 port)
{
	switch (port) {
	case 20: return 301;
	case 21: return 302;
	case 22: return 317;
	case 23: return 390;
	case 25: return 340;
	case 49: return 361;
	case 53: return 310;
	case 67: return 311;
	case 68: return 312;
	case 69: return 303;
	case 80: return 330;
	case 88: return 362;
	case 110: return 341;
	case 123: return 313;
	case 143: return 342;
	case 161: return 370;
	case 162: return 371;
	case 179: return 380;
	case 389: return 363;
	case 443: return 331;
	case 445: return 304;
	case 465: return 343;
	case 514: return 372;
	case 587: return 344;
	case 636: return 364;
	case 853: return 314;
	case 993: return 345;
	case 995: return 346;
	case 1812: return 365;
	case 1883: return 350;
	case 3306: return 320;
	case 3389: return 391;
	case 4789: return 381;
	case 5353: return 315;
	case 5432: return 321;
	case 6379: return 322;
	case 8080: return 332;
	case 8443: return 333;
	case 9090: return 373;
	case 11211: return 323;
	}
	return port < 1024 ? 398 : 399;
}

static ALWAYS_INLINE u64 classify_protocol(struct span s, u8 protocol, u64 off)
{
	switch (protocol) {
	case 1: return 201;
	case 2: return 209;
	case 4: return 230;
	case 41: return 231;
	case 47: return 232;
	case 50: return 240;
	case 51: return 241;
	case 58: return 202;
	case 88: return 251;
	case 89: return 250;
	case 103: return 252;
	case 112: return 260;
	case 132: return 213;
	case 136: return 214;
	case 6:
	case 17:
		if (!span_has(s, off, 4))
			return 298;
		return classify_port(span_be16(s, off + 2)) + (protocol == 17 ? 1000 : 0);
	}
	return 299;
}

static ALWAYS_INLINE u64 classify_span(struct span s)
{
	if (!span_has(s, 0, 14))
		return CLASS_UNKNOWN;
	switch (span_be16(s, 12)) {
	case 0x0806: return 101;
	case 0x0842: return 108;
	case 0x22ea: return 141;
	case 0x22f0: return 142;
	case 0x8035: return 102;
	case 0x8100: return 110;
	case 0x8847: return 120;
	case 0x8848: return 121;
	case 0x8863: return 131;
	case 0x8864: return 132;
	case 0x888e: return 150;
	case 0x88a8: return 111;
	case 0x88cc: return 160;
	case 0x88e5: return 151;
	case 0x88f7: return 161;
	case 0x9100: return 112;
	case 0x0800:
		if (!span_has(s, 0, 34))
			return 190;
		if (s.data[14] != 0x45)
			return 191;
		if (span_be16(s, 20) & 0x1fff)
			return 192;
		return classify_protocol(s, s.data[23], 34);
	case 0x86dd:
		if (!span_has(s, 0, 54))
			return 193;
		return classify_protocol(s, s.data[20], 54) + 5000;
	}
	return span_be16(s, 12) < 1536 ? 170 : 199;
}

#endif
