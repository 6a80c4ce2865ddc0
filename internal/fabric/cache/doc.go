// Package cache keeps what is read often: in the memory of the process, bounded
// by bytes, and in a Redis that replicas share. What is purged is purged on all
// of them, and what was being loaded meanwhile is not kept.
//
// It does not know what it keeps: whoever does says how large a value is, how
// it is written, and when it is of no use any more. Without its Redis it goes on
// with memory alone.
package cache
