// Package zone answers authoritatively from zones that are in memory.
//
// It owns how records become a zone, how a name is looked up in one (RFC 1034 §4.3.2, RFC
// 4592), which zone of a table a name belongs to, what a reply says (RFC 2308, RFC 8482),
// zone files, and which records there may be. It owns neither where records are kept nor
// who may change or see them, and it asks nobody.
package zone
