// Package wire holds the primitives of Kith's binary form, which the messages
// of the protocol and the hello of the TCP transport share.
//
// A frame is a header and fields:
//
//	u32 length of what follows, big-endian | u8 version | u8 type | fields
//
// and a field is
//
//	u8 tag | uvarint length of the value | value
//
// A tag means something only together with the frame's type. Readers skip tags
// that they do not know, which is how the format grows, and of a tag that is
// not meant to be repeated the first one counts (see [Seen]).
//
// Whatever is read was written by somebody else: every length is checked before
// anything is allocated, every fault is an [*Error] that names what was wrong
// and what was expected, and nothing panics. There is one encoding of each
// value only: an overlong uvarint is a fault.
//
// The package is pure: no clock, no sockets, no goroutines. Functions named
// Append write to the end of dst, as append does, and allocate only when dst
// has no room.
package wire
