// Package forward asks other resolvers about names, and keeps what they say for a while.
//
// It owns who is asked about which names, how (UDP with TCP where an answer does not fit,
// TCP, TLS as in RFC 7858), what of an answer is believed, and for how long it is kept: as
// its TTL says, absences as in RFC 2308, failures as in RFC 9520, and where nobody answers
// beyond their time as in RFC 8767. It does not own who may ask.
package forward
